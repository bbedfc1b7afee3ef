"""What carries the lab's tag and is still there."""

from collections.abc import Callable, Iterable
from typing import Any

from botocore.exceptions import ClientError

from mlops_lab import catalog, projects
from mlops_lab.cloud.session import account, client, explained
from mlops_lab.settings import Settings

Services = Callable[[str], Any]


def leftovers(settings: Settings, name: str = catalog.NAME) -> list[str]:
    """ARNs of what has the tag Project=name, or, for kinds that no list of tags has, the lab's name.

    What AWS goes on listing after its end does not count: deregistered task definitions, which stay inactive for
    ever and cost nothing, deleted NAT gateways, inactive clusters and services.

    Raises:
        LabError: AWS cannot be asked.
    """

    def services(kind: str) -> Any:
        return client(settings, kind)

    with explained(settings):
        found = set(_tagged(services, name))
        found |= {each for each in _tagged_in_ec2(services, name) if not _names(found, each)}
        found |= {*_roles(services, name), *_repositories(services, name), *_named(services, name)}
        found |= set(_budgets(services, name, account(settings)))
        return sorted(arn for arn in found if not _is_gone(services, arn))


def deregister_releases(settings: Settings, name: str = catalog.NAME) -> int:
    """Deregister the task definitions that releases registered, which no Terraform state knows; return how many."""
    with explained(settings):
        ecs = client(settings, "ecs")
        families = _pages(ecs, "list_task_definition_families", "families", familyPrefix=f"{name}-", status="ACTIVE")
        arns = [arn for each in families for arn in _pages(ecs, "list_task_definitions", ARNS, familyPrefix=each)]
        for arn in arns:
            ecs.deregister_task_definition(taskDefinition=arn)
    return len(arns)


def _tagged(services: Services, name: str) -> Iterable[str]:
    filters = [{"Key": "Project", "Values": [name]}]
    tagging = services("resourcegroupstaggingapi")
    for each in _pages(tagging, "get_resources", "ResourceTagMappingList", TagFilters=filters):
        yield each["ResourceARN"]


def _tagged_in_ec2(services: Services, name: str) -> Iterable[str]:
    """What costs money by the hour and is missing from the tagging API of some clouds."""
    ec2, filters = services("ec2"), [{"Name": "tag:Project", "Values": [name]}]
    prefix = f"arn:aws:ec2:{ec2.meta.region_name}::"
    for each in _pages(ec2, "describe_vpc_endpoints", "VpcEndpoints", Filters=filters):
        if each["State"].lower() != "deleted":
            yield f"{prefix}vpc-endpoint/{each['VpcEndpointId']}"
    for each in _pages(ec2, "describe_nat_gateways", "NatGateways", Filters=filters):
        yield f"{prefix}natgateway/{each['NatGatewayId']}"
    for each in ec2.describe_addresses(Filters=filters)["Addresses"]:
        yield f"{prefix}elastic-ip/{each['AllocationId']}"


def _names(arns: Iterable[str], arn: str) -> bool:
    return any(each.endswith(f"/{arn.rpartition('/')[2]}") for each in arns)


def _roles(services: Services, name: str) -> Iterable[str]:
    iam = services("iam")
    for each in _pages(iam, "list_roles", "Roles"):
        if each["RoleName"].startswith(f"{name}-"):
            tags = iam.list_role_tags(RoleName=each["RoleName"])["Tags"]
            yield from [each["Arn"]] if {"Key": "Project", "Value": name} in tags else []


def _repositories(services: Services, name: str) -> Iterable[str]:
    ecr = services("ecr")
    for each in _pages(ecr, "describe_repositories", "repositories"):
        tags = ecr.list_tags_for_resource(resourceArn=each["repositoryArn"])["tags"]
        yield from [each["repositoryArn"]] if {"Key": "Project", "Value": name} in tags else []


def _named(services: Services, name: str) -> Iterable[str]:
    """What is found by name: schedules, dashboards, scalable targets."""
    groups = _pages(services("scheduler"), "list_schedule_groups", "ScheduleGroups", NamePrefix=name)
    yield from (each["Arn"] for each in groups if each["Name"] == name)
    boards = _pages(services("cloudwatch"), "list_dashboards", "DashboardEntries", DashboardNamePrefix=name)
    own = {f"{name}-{project}" for project in projects.names()}
    yield from (each["DashboardArn"] for each in boards if each["DashboardName"] in own)
    scaling = services("application-autoscaling")
    targets = _pages(scaling, "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs")
    yield from (each["ResourceId"] for each in targets if each["ResourceId"].startswith(f"service/{name}/"))


def _budgets(services: Services, name: str, account: str) -> Iterable[str]:
    budgets = services("budgets").describe_budgets(AccountId=account).get("Budgets", [])
    yield from (f"budget/{each['BudgetName']}" for each in budgets if each["BudgetName"] == f"{name}-monthly")
    monitors = services("ce").get_anomaly_monitors().get("AnomalyMonitors", [])
    yield from (each["MonitorArn"] for each in monitors if each["MonitorName"] == name)


def _is_gone(services: Services, arn: str) -> bool:
    for kind, gone in GONE.items():
        if kind in arn:
            try:
                return gone(services, arn)
            except ClientError as error:
                return any(sign in error.response["Error"]["Code"] for sign in ("NotFound", "ClientException"))
    return False


def _definition_is_gone(services: Services, arn: str) -> bool:
    definition = services("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]
    return bool(definition["status"] != "ACTIVE")


def _cluster_is_gone(services: Services, arn: str) -> bool:
    return all(each["status"] == "INACTIVE" for each in services("ecs").describe_clusters(clusters=[arn])["clusters"])


def _service_is_gone(services: Services, arn: str) -> bool:
    cluster = arn.split("/")[1]
    found = services("ecs").describe_services(cluster=cluster, services=[arn])["services"]
    return all(each["status"] == "INACTIVE" for each in found)


def _gateway_is_gone(services: Services, arn: str) -> bool:
    found = services("ec2").describe_nat_gateways(NatGatewayIds=[arn.rpartition("/")[2]])["NatGateways"]
    return all(each["State"] == "deleted" for each in found)


def _pages(service: Any, operation: str, key: str, **arguments: Any) -> Iterable[Any]:
    for page in service.get_paginator(operation).paginate(**arguments):
        yield from page[key]


ARNS = "taskDefinitionArns"
GONE: dict[str, Callable[[Services, str], bool]] = {
    ":task-definition/": _definition_is_gone,
    ":cluster/": _cluster_is_gone,
    ":service/": _service_is_gone,
    "natgateway/": _gateway_is_gone,
}
