"""Week 1, Terraform foundation: what outcomes 1.1 to 1.7 must see, through the target's own APIs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

from mlops_lab import catalog, projects
from mlops_lab.cloud.session import account, as_role, client
from mlops_lab.infrastructure.documentation import overview_in_step
from mlops_lab.infrastructure.rehearsal import rehearse
from mlops_lab.infrastructure.terraform import Terraform
from mlops_lab.outcomes.outcome import Outcome, require
from mlops_lab.security.calls import PROBE
from mlops_lab.settings import Settings

Json = Mapping[str, Any]


def state_is_kept_in_s3_and_locked(settings: Settings) -> str:
    """1.1: init works, the backend is S3, the state is there, and a second writer is refused."""
    terraform = Terraform(settings)
    terraform.init()
    backend = terraform.backend()
    require(backend["type"] == "s3", f"the initialised backend is {backend['type']}")
    bucket = catalog.state_bucket(account(settings))
    head = client(settings, "s3").head_object(Bucket=bucket, Key=catalog.STATE_KEY)
    refusal = terraform.refused_while_locked()
    return f"s3://{bucket}/{catalog.STATE_KEY} ({head['ContentLength']} bytes); second writer: {refusal}"


def state_bucket_is_protected(settings: Settings) -> str:
    """1.2: the bucket is versioned, encrypted, closed and TLS-only; the role writes there and nowhere else."""
    s3, number = client(settings, "s3"), account(settings)
    bucket = catalog.state_bucket(number)
    require(s3.get_bucket_versioning(Bucket=bucket).get("Status") == "Enabled", f"{bucket} is not versioned")
    rules = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    algorithm = rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"]
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    require(len(block) == 4 and all(block.values()), f"{bucket} may become public: {block}")
    require(_is_tls_only(s3, bucket), f"{bucket} answers without TLS")
    confined = _role_is_confined(settings, bucket, catalog.models_bucket(number))
    return f"{bucket}: versioned, {algorithm}, closed, TLS only; {confined}"


def tasks_are_behind_the_balancer(settings: Settings) -> str:
    """1.3: two zones with two tiers; only the balancer reaches a task; AWS's APIs are reachable without NAT."""
    ec2 = client(settings, "ec2")
    vpc = _one(ec2.describe_vpcs(Filters=_tagged())["Vpcs"], "VPC")["VpcId"]
    inside = [{"Name": "vpc-id", "Values": [vpc]}]
    subnets = ec2.describe_subnets(Filters=inside)["Subnets"]
    zones = {tier: {each["AvailabilityZone"] for each in subnets if _tags(each).get("Tier") == tier} for tier in TIERS}
    require(all(len(zones[tier]) == 2 for tier in TIERS), f"tiers and zones are {zones}")
    groups = {each["GroupName"]: each for each in ec2.describe_security_groups(Filters=inside)["SecurityGroups"]}
    ingress = groups[f"{catalog.NAME}-task"]["IpPermissions"]
    sources = {pair["GroupId"] for each in ingress for pair in each["UserIdGroupPairs"]}
    ranges = [each for each in ingress if each["IpRanges"] or each["Ipv6Ranges"] or each["PrefixListIds"]]
    require(sources == {groups[f"{catalog.NAME}-balancer"]["GroupId"]}, f"tasks are reachable from {sources}")
    require(not ranges, f"tasks are reachable from {ranges}")
    nat = [each for each in ec2.describe_nat_gateways(Filters=inside)["NatGateways"] if each["State"] == "available"]
    way = _way_out(settings, ec2, inside, bool(nat))
    return f"{vpc}: zones {', '.join(sorted(zones['public']))}, public and private; tasks from the balancer only; {way}"


def cluster_and_task_definitions_exist(settings: Settings) -> str:
    """1.4: the cluster is ACTIVE and each service's task definition is registered for Fargate with awsvpc."""
    ecs = client(settings, "ecs")
    cluster = _one(ecs.describe_clusters(clusters=[catalog.CLUSTER])["clusters"], f"cluster {catalog.CLUSTER}")
    require(cluster["status"] == "ACTIVE", f"the cluster is {cluster['status']}")
    seen = []
    for project in projects.names():
        for track in ("stable", "canary"):
            found = ecs.describe_task_definition(taskDefinition=catalog.service(project, track))["taskDefinition"]
            shape = (found["networkMode"], found["requiresCompatibilities"])
            require(shape == ("awsvpc", ["FARGATE"]), f"{found['taskDefinitionArn']} is {shape}")
            seen.append(f"{found['family']}:{found['revision']}")
    return f"{cluster['clusterArn']} ACTIVE; Fargate, awsvpc: {', '.join(seen)}"


def registry_and_balancer_exist(settings: Settings) -> str:
    """1.5: immutable, scanned repositories with a lifecycle; a balancer with listener and target groups."""
    ecr, elbv2 = client(settings, "ecr"), client(settings, "elbv2")
    for name in projects.repositories().values():
        repository = _one(ecr.describe_repositories(repositoryNames=[name])["repositories"], name)
        require(repository["imageTagMutability"] == "IMMUTABLE", f"{name}: tags are mutable")
        require(repository["imageScanningConfiguration"]["scanOnPush"], f"{name}: images are not scanned")
        require(ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"], f"{name}: no lifecycle policy")
    balancer = _one(elbv2.describe_load_balancers(Names=[catalog.BALANCER])["LoadBalancers"], "load balancer")
    listeners = elbv2.describe_listeners(LoadBalancerArn=balancer["LoadBalancerArn"])["Listeners"]
    require(listeners, "the balancer has no listener")
    groups = elbv2.describe_target_groups(LoadBalancerArn=balancer["LoadBalancerArn"])["TargetGroups"]
    names = {each["TargetGroupName"] for each in groups}
    wanted = {catalog.service(project, track) for project in projects.names() for track in ("stable", "canary")}
    require(wanted <= names, f"target groups {sorted(wanted - names)} are missing")
    ports = ", ".join(str(each["Port"]) for each in listeners)
    named = ", ".join(projects.repositories().values())
    return f"{named}; {balancer['DNSName']}, port {ports}, {len(groups)} target groups"


def infrastructure_comes_and_goes(settings: Settings) -> str:
    """1.6: from nothing to applied, no change in a second plan, and nothing left after destroy."""
    seen = rehearse(settings)
    require(seen.second_plan_changes == 0, f"the second plan has {seen.second_plan_changes} changes")
    require(not seen.left, f"left after destroy: {', '.join(seen.left)}")
    return (
        f"{seen.resources} resources applied in {seen.apply_seconds:.0f} s, second plan: no changes, "
        f"destroyed in {seen.destroy_seconds:.0f} s, nothing left"
    )


def readme_is_in_step(settings: Settings) -> str:
    """1.7: the README's overview holds the tables that the configuration generates now."""
    return overview_in_step(settings.root)


REHEARSAL = Outcome("1.6", "infrastructure spins up from scratch", infrastructure_comes_and_goes)
OUTCOMES = (
    Outcome("1.1", "`terraform init` works, S3 backend linked", state_is_kept_in_s3_and_locked),
    Outcome("1.2", "state bucket and Terraform's IAM role verified", state_bucket_is_protected),
    Outcome("1.3", "VPC, subnets, security groups apply cleanly", tasks_are_behind_the_balancer),
    Outcome("1.4", "ECS cluster and task definition", cluster_and_task_definitions_exist),
    Outcome("1.5", "ECR and ALB", registry_and_balancer_exist),
    REHEARSAL,
    Outcome("1.7", 'README "Terraform Infrastructure Overview"', readme_is_in_step),
)
TIERS = ("public", "private")


def _is_tls_only(s3: Any, bucket: str) -> bool:
    statements = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    return any(
        each["Effect"] == "Deny"
        and each["Principal"] in ("*", {"AWS": "*"})
        and each.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        and any(resource.endswith(f":::{bucket}/*") for resource in each["Resource"])
        for each in statements
    )


def _role_is_confined(settings: Settings, own: str, other: str) -> str:
    """Take Terraform's role, write a probe beside the state, and be denied on another bucket."""
    role = catalog.TERRAFORM_ROLE
    s3 = as_role(settings, role, PROBE)("s3")
    key = f"{catalog.STATE_KEY.rpartition('/')[0]}/probe-{uuid4()}"
    s3.put_object(Bucket=own, Key=key, Body=b"written by Terraform's role")
    s3.delete_object(Bucket=own, Key=key)
    try:
        s3.put_object(Bucket=other, Key=key, Body=b"not allowed")
    except ClientError as error:
        code = error.response["Error"]["Code"]
        require(code == "AccessDenied", f"writing to {other} as {role} ended in {code}, not AccessDenied")
        return f"{role} wrote the state's prefix and was denied on {other}"
    client(settings, "s3").delete_object(Bucket=other, Key=key)
    require(False, f"{role} could write to {other}")
    return ""


def _way_out(settings: Settings, ec2: Any, inside: Sequence[Json], nat: bool) -> str:
    """How tasks reach S3, ECR and Logs: by endpoints, or by public addresses; a NAT gateway is one layout's choice."""
    endpoints = {each["ServiceName"].rpartition(f".{settings.region}.")[2] for each in _endpoints(ec2, inside)}
    require("s3" in endpoints, f"S3 has no gateway endpoint; there are {sorted(endpoints)}")
    if nat:
        return "layout nat: through the NAT gateway"
    service = client(settings, "ecs").describe_services(
        cluster=catalog.CLUSTER, services=[catalog.service(projects.every()[0].name)]
    )["services"][0]
    network = service["networkConfiguration"]["awsvpcConfiguration"]
    if network.get("assignPublicIp") == "ENABLED":
        routes = _default_routes(ec2, network["subnets"])
        require(routes and all(each.startswith("igw-") for each in routes), f"public tasks leave through {routes}")
        return "no NAT gateway: S3 by gateway endpoint, ECR and Logs by public address"
    missing = {"ecr.api", "ecr.dkr", "logs", "ssm"} - endpoints
    require(not missing, f"private tasks reach no {sorted(missing)}")
    return f"no NAT gateway: endpoints {', '.join(sorted(endpoints))}"


def _endpoints(ec2: Any, inside: Sequence[Json]) -> list[Json]:
    endpoints: list[Json] = ec2.describe_vpc_endpoints(Filters=inside)["VpcEndpoints"]
    return [each for each in endpoints if each["State"].lower() == "available"]


def _default_routes(ec2: Any, subnets: list[str]) -> list[str]:
    filters = [{"Name": "association.subnet-id", "Values": subnets}]
    tables = ec2.describe_route_tables(Filters=filters)["RouteTables"]
    return [
        route.get("GatewayId", "")
        for table in tables
        for route in table["Routes"]
        if route.get("DestinationCidrBlock") == "0.0.0.0/0"
    ]


def _tagged() -> list[Json]:
    return [{"Name": f"tag:{key}", "Values": [value]} for key, value in catalog.TAGS.items()]


def _tags(item: Json) -> dict[str, str]:
    return {each["Key"]: each["Value"] for each in item.get("Tags", [])}


def _one(items: list[Json], what: str) -> Json:
    require(len(items) == 1, f"{len(items)} found where one {what} is expected")
    return items[0]
