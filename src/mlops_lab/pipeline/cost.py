"""What a Terraform configuration costs a month: list price times what it holds, with every assumption stated."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mlops_lab.pipeline.bill import Bill, Line
from mlops_lab.pipeline.charges import FREE, unpriced
from mlops_lab.pipeline.prices import US_EAST_1, Price, PriceList
from mlops_lab.pipeline.resources import Resource, Resources

HOURS = 730.0  # AWS's own month
ALL_MONTH = "run the whole month"
PRICED_DATABASE = "db.t4g.micro"
ALARMS_A_POLICY = 2  # target tracking keeps one alarm for scaling out and one for scaling in
CONNECTIONS_A_CAPACITY_UNIT = 25.0  # new connections a second that one LCU covers; the other bound is 1 GB an hour


@dataclass(frozen=True)
class Usage:
    """What the configuration does not say: how much runs, and what flows. A month has 730 hours, GB are per month."""

    running_tasks: int | None = None  # of each stable service; None: its autoscaling minimum, 1 without autoscaling
    canary_tasks: int = 0  # of each canary service
    requests_per_second: float = 1.0  # average through the balancer, each on a connection of its own
    gb_requests: float = 10.0  # through the balancer, both ways
    gb_out: float = 5.0  # answers to the internet
    gb_aws: float = 5.0  # between tasks and AWS's APIs other than S3: images, logs, secrets
    gb_logs: float = 1.0  # written to CloudWatch Logs
    gb_objects: float = 1.0  # kept in S3
    gb_images: float = 1.0  # kept in ECR
    retrainings: float = 4.35  # of each project whose schedule is enabled
    retraining_hours: float = 0.25  # each
    allowances: bool = False  # take off what is always free, for an account that runs nothing else


Lines = Iterator[Line]
Part = Callable[[Resources, Usage, PriceList], Lines]


def monthly_bill(resources: Resources, usage: Usage | None = None, prices: PriceList = US_EAST_1) -> Bill:
    """Price everything a state or plan holds; a line that comes to nothing for want of usage is left out."""
    assumed = usage or Usage()
    parts: tuple[Part, ...] = (_balancers, _addresses, _gateways, _endpoints, _traffic, _services, _retraining)
    parts += (_databases, _names, _alarms, _dashboards, _logs, _storage, _free)
    lines = (line for part in parts for line in part(resources, assumed, prices))
    return Bill(tuple(line for line in lines if line.count and line.units), unpriced(resources))


def running(service: Resource, resources: Resources, usage: Usage) -> int:
    """Count the tasks that a service is assumed to run."""
    if service.tag("Track") == "canary":
        return usage.canary_tasks
    if usage.running_tasks is not None and service.tag("Track"):
        return usage.running_tasks
    targets = resources.of("aws_appautoscaling_target")
    minimum = (int(each.values["min_capacity"]) for each in targets if _scales(each, service))
    return next(minimum, 1)


def _scales(target: Resource, service: Resource) -> bool:
    return str(target.values["resource_id"]).endswith(f"/{service.values['name']}")


def _balancers(resources: Resources, usage: Usage, prices: PriceList) -> Lines:
    balancers = resources.of("aws_lb")
    yield Line("balancer", "Load balancer", len(balancers), HOURS, prices.balancer, "runs the whole month")
    units = max(usage.requests_per_second / CONNECTIONS_A_CAPACITY_UNIT, usage.gb_requests / HOURS)
    assumption = f"{usage.requests_per_second:g} requests/s, {usage.gb_requests:g} GB: {units:.3f} LCU on average"
    if balancers:
        yield Line("balancer", "Load balancer capacity", 1, units * HOURS, prices.balancer_capacity, assumption)


def _addresses(resources: Resources, usage: Usage, prices: PriceList) -> Lines:
    open_to_all = (each for each in resources.of("aws_lb") if not each.values["internal"])
    zones = sum(_subnets(resources, each, "subnets", "public") for each in open_to_all)
    public = [
        each for each in resources.of("aws_ecs_service") if each.block("network_configuration")["assign_public_ip"]
    ]
    tasks = sum(running(each, resources, usage) for each in public)
    fixed = len(resources.of("aws_eip"))
    address = prices.public_address
    yield Line("balancer", "Public IPv4, load balancer", zones, HOURS, address, "one in each of its subnets")
    yield Line("network", "Public IPv4, tasks", tasks, HOURS, address, "one for each running task")
    yield Line("network", "Public IPv4, Elastic IP", fixed, HOURS, address, "the NAT gateway's, held all month")


def _gateways(resources: Resources, usage: Usage, prices: PriceList) -> Lines:
    gateways = len(resources.of("aws_nat_gateway"))
    yield Line("network", "NAT gateway", gateways, HOURS, prices.nat_gateway, "runs the whole month")
    if gateways:
        yield Line("network", "NAT gateway data", 1, usage.gb_aws, prices.nat_data, "AWS's APIs other than S3")


def _endpoints(resources: Resources, usage: Usage, prices: PriceList) -> Lines:
    endpoints = resources.of("aws_vpc_endpoint")
    interfaces = [each for each in endpoints if each.values["vpc_endpoint_type"] == "Interface"]
    zones = sum(_subnets(resources, each, "subnet_ids", "private") for each in interfaces)
    yield Line("network", "Interface endpoints", zones, HOURS, prices.endpoint, "one in each zone and service")
    if interfaces:
        yield Line("network", "Interface endpoint data", 1, usage.gb_aws, prices.endpoint_data, "AWS's APIs but S3")
    yield _nothing("Gateway endpoints", len(endpoints) - len(interfaces), "S3 through its gateway endpoint is free")


def _subnets(resources: Resources, resource: Resource, attribute: str, tier: str) -> int:
    """Count the subnets a resource stands in; before the first apply, when none has an id, those of its tier."""
    known = resource.values.get(attribute)
    return len(known) if known else sum(each.tag("Tier") == tier for each in resources.of("aws_subnet"))


def _traffic(resources: Resources, usage: Usage, prices: PriceList) -> Lines:
    if resources.of("aws_lb"):
        yield _metered("network", "Data to the internet", 1, usage.gb_out, prices.internet_data, usage)


def _services(resources: Resources, usage: Usage, prices: PriceList) -> Lines:
    for service in resources.of("aws_ecs_service"):
        tasks = running(service, resources, usage)
        name = f"{service.tag('Service')} {service.tag('Track')}".strip()
        if definition := resources.definition(service.values.get("task_definition") or service.values["name"]):
            yield from _fargate(f"Tasks, {name}", tasks, HOURS, definition, prices, ALL_MONTH)


def _retraining(resources: Resources, usage: Usage, prices: PriceList) -> Lines:
    assumption = f"{usage.retrainings:g} runs of {usage.retraining_hours:g} h"
    for schedule in resources.of("aws_scheduler_schedule"):
        parameters = next(iter(schedule.block("target").get("ecs_parameters") or ()), None)
        what = str(schedule.values["name"])
        definition = resources.definition(parameters.get("task_definition_arn") or what) if parameters else None
        if definition and schedule.values["state"] == "ENABLED":
            hours = usage.retraining_hours
            yield from _fargate(what, usage.retrainings, hours, definition, prices, assumption)


def _databases(resources: Resources, usage: Usage, prices: PriceList) -> Lines:
    for database in resources.of("aws_db_instance"):
        kind, stored = database.values["instance_class"], float(database.values["allocated_storage"])
        if kind == PRICED_DATABASE:
            yield Line("storage", f"Database {kind}", 1, HOURS, prices.database, "runs the whole month")
        else:
            yield _nothing(f"Database {kind}", 1, f"not counted: the price list has {PRICED_DATABASE} alone")
        yield Line("storage", "Database storage", 1, stored, prices.database_storage, "backups of its size are free")


def _names(resources: Resources, usage: Usage, prices: PriceList) -> Lines:
    count = len(resources.of("aws_service_discovery_private_dns_namespace"))
    yield Line("network", "Private names", count, 1, prices.hosted_zone, "one hosted zone; lookups cost cents")


def _fargate(what: str, tasks: float, hours: float, definition: Resource, prices: PriceList, assumption: str) -> Lines:
    arm = definition.block("runtime_platform").get("cpu_architecture") == "ARM64"
    cpu, memory = (prices.arm_cpu, prices.arm_memory) if arm else (prices.cpu, prices.memory)
    cores, gigabytes = int(definition.values["cpu"]) / 1024, int(definition.values["memory"]) / 1024
    yield Line("tasks", f"{what}: {cores:g} vCPU", tasks, cores * hours, cpu, assumption)
    yield Line("tasks", f"{what}: {gigabytes:g} GB memory", tasks, gigabytes * hours, memory, assumption)


def _alarms(resources: Resources, usage: Usage, prices: PriceList) -> Lines:
    policies = [each for each in resources.of("aws_appautoscaling_policy") if _tracks(each)]
    count = len(resources.of("aws_cloudwatch_metric_alarm")) + ALARMS_A_POLICY * len(policies)
    what = f"Alarms, {ALARMS_A_POLICY * len(policies)} of them autoscaling's" if policies else "Alarms"
    yield _metered("observability", what, count, 1, prices.alarm, usage)


def _tracks(policy: Resource) -> bool:
    return bool(policy.values["policy_type"] == "TargetTrackingScaling")


def _dashboards(resources: Resources, usage: Usage, prices: PriceList) -> Lines:
    count = len(resources.of("aws_cloudwatch_dashboard"))
    yield _metered("observability", "Dashboards", count, 1, prices.dashboard, usage)


def _logs(resources: Resources, usage: Usage, prices: PriceList) -> Lines:
    if resources.of("aws_cloudwatch_log_group"):
        yield _metered("observability", "Logs written", 1, usage.gb_logs, prices.logs, usage)


def _storage(resources: Resources, usage: Usage, prices: PriceList) -> Lines:
    if resources.of("aws_s3_bucket"):
        yield Line("storage", "Objects in S3", 1, usage.gb_objects, prices.objects, "requests cost cents")
    if resources.of("aws_ecr_repository"):
        yield Line("storage", "Images in ECR", 1, usage.gb_images, prices.images, "pulls within the region are free")


def _free(resources: Resources, usage: Usage, prices: PriceList) -> Lines:
    for kind, (what, why) in FREE.items():
        yield _nothing(what, len(resources.of(kind)), why)
    schedules = len(resources.of("aws_scheduler_schedule"))
    yield _nothing("Schedules", schedules, "14 million invocations a month are free")


def _metered(group: str, what: str, count: float, units: float, price: Price, usage: Usage) -> Line:
    """A line of which AWS gives every account some for nothing: counted in full unless the usage says otherwise."""
    free = f"{price.allowance:g} {price.unit}{'s' if price.unit.islower() else ''} a month are free"
    if not usage.allowances:
        return Line(group, what, count, units, price, f"list price; the first {free}")
    charged = max(count * units - price.allowance, 0.0)
    return Line(group, what, 1, charged, price, f"after the first {free}, used by nothing else in the account")


def _nothing(what: str, count: int, why: str) -> Line:
    return Line("no charge", what, count, 1, Price(0.0, "month", ""), why)
