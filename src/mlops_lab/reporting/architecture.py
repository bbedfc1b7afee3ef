"""The shape of what Terraform built, as a value: zones and tiers, who may call whom, the ways out, what lies beside."""

from collections.abc import Mapping
from dataclasses import dataclass

from mlops_lab.errors import LabError
from mlops_lab.pipeline.resources import Resource, Resources


@dataclass(frozen=True)
class Subnet:
    """A subnet; public means that its route table leads to an internet gateway."""

    id: str
    cidr: str
    zone: str
    public: bool


@dataclass(frozen=True)
class Service:
    """An ECS service, where its tasks may run, and the share of its project's requests that it gets."""

    name: str
    project: str
    track: str
    subnets: frozenset[str]
    groups: frozenset[str]
    public_address: bool
    size: str
    bounds: str
    weight: int
    share: float


@dataclass(frozen=True)
class Route:
    """A listener rule: the paths it takes and the services behind them, the heaviest first."""

    project: str
    paths: tuple[str, ...]
    services: tuple[Service, ...]


@dataclass(frozen=True)
class Permission:
    """One security-group rule; `peer` is a CIDR, another group's name, or what else it names."""

    group: str
    inward: bool
    ports: str
    peer: str


@dataclass(frozen=True)
class Endpoint:
    """A VPC endpoint, by the service it leads to; without subnets it is a gateway endpoint."""

    service: str
    subnets: frozenset[str]


@dataclass(frozen=True)
class Architecture:
    """Everything the diagram shows."""

    name: str
    region: str
    cidr: str
    subnets: tuple[Subnet, ...]
    balancer: str
    balancer_subnets: frozenset[str]
    balancer_groups: tuple[str, ...]
    listeners: tuple[str, ...]
    routes: tuple[Route, ...]
    permissions: tuple[Permission, ...]
    nat_subnets: frozenset[str]
    endpoints: tuple[Endpoint, ...]
    group_names: Mapping[str, str]

    @property
    def zones(self) -> tuple[str, ...]:
        """Availability zones in order."""
        return tuple(sorted({subnet.zone for subnet in self.subnets}))

    @property
    def services(self) -> tuple[Service, ...]:
        """Services in the order of their routes."""
        return tuple(service for route in self.routes for service in route.services)

    @property
    def task_subnets(self) -> frozenset[str]:
        """Subnets in which tasks may run."""
        return frozenset().union(*(service.subnets for service in self.services))

    @property
    def task_groups(self) -> tuple[str, ...]:
        """Names of the security groups that tasks carry."""
        return tuple(sorted({self.group_names[each] for service in self.services for each in service.groups}))

    def allowed(self, groups: tuple[str, ...], inward: bool) -> tuple[Permission, ...]:
        """Rules of security groups in one direction."""
        return tuple(each for each in self.permissions if each.group in groups and each.inward == inward)

    def callers(self) -> frozenset[str]:
        """Every peer that a task's security groups admit."""
        return frozenset(each.peer for each in self.allowed(self.task_groups, inward=True))

    def only_the_balancer_calls_tasks(self) -> bool:
        """Whether a task can be reached from the load balancer, and from nothing else."""
        return bool(self.callers()) and self.callers() <= set(self.balancer_groups)


def describe(resources: Resources) -> Architecture:
    """Find the shape of the one VPC and load balancer that a state holds.

    Raises:
        LabError: The state holds no VPC or no load balancer, or several.
    """
    vpc, balancer = _only(resources, "aws_vpc"), _only(resources, "aws_lb")
    names = {each.values["id"]: str(each.values["name"]) for each in resources.of("aws_security_group")}
    listeners = resources.of("aws_lb_listener")
    return Architecture(
        name=balancer.values["name"],
        region=str(balancer.values["arn"]).split(":")[3],
        cidr=vpc.values["cidr_block"],
        subnets=_subnets(resources),
        balancer=balancer.values["name"],
        balancer_subnets=frozenset(balancer.values["subnets"]),
        balancer_groups=tuple(sorted(names[each] for each in balancer.values["security_groups"])),
        listeners=tuple(sorted(f"{each.values['protocol']} :{each.values['port']}" for each in listeners)),
        routes=tuple(_routes(resources)),
        permissions=tuple(_permissions(resources, names)),
        nat_subnets=frozenset(each.values["subnet_id"] for each in resources.of("aws_nat_gateway")),
        endpoints=tuple(_endpoint(each) for each in resources.of("aws_vpc_endpoint")),
        group_names=names,
    )


def budget_usd(resources: Resources) -> float:
    """Return the limit of the one monthly budget that a state holds, in USD.

    Raises:
        LabError: The state holds no budget, or several.
    """
    return float(_only(resources, "aws_budgets_budget").values["limit_amount"])


def _only(resources: Resources, kind: str) -> Resource:
    found = resources.of(kind)
    if len(found) != 1:
        raise LabError(f"The state holds {len(found)} of {kind}, a report needs one; run `make apply`.")
    return found[0]


def _subnets(resources: Resources) -> tuple[Subnet, ...]:
    routes, ties = resources.of("aws_route"), resources.of("aws_route_table_association")
    open_tables = {each.values["route_table_id"] for each in routes if each.values.get("gateway_id")}
    public = {each.values["subnet_id"] for each in ties if each.values["route_table_id"] in open_tables}
    found = [
        Subnet(values["id"], values["cidr_block"], values["availability_zone"], values["id"] in public)
        for values in (each.values for each in resources.of("aws_subnet"))
    ]
    return tuple(sorted(found, key=lambda subnet: (not subnet.public, subnet.zone)))


def _routes(resources: Resources) -> list[Route]:
    services = {each.block("load_balancer")["target_group_arn"]: each for each in resources.of("aws_ecs_service")}
    found = []
    for rule in resources.of("aws_lb_listener_rule"):
        targets = [each for forward in rule.block("action").get("forward", ()) for each in forward["target_group"]]
        total = sum(each["weight"] for each in targets)
        behind = [
            _service(services[each["arn"]], each["weight"], total, resources)
            for each in targets
            if each["arn"] in services
        ]
        paths = (rule.block("condition").get("path_pattern") or [{"values": ()}])[0]["values"]
        heaviest_first = tuple(sorted(behind, key=lambda each: (each.track != "stable", -each.weight)))
        found.append(Route(rule.tag("Service") or rule.key, tuple(paths), heaviest_first))
    return sorted(found, key=lambda route: route.project)


def _service(service: Resource, weight: int, total: int, resources: Resources) -> Service:
    network = service.block("network_configuration")
    definition = resources.definition(service.values["task_definition"])
    return Service(
        name=service.values["name"],
        project=service.tag("Service"),
        track=service.tag("Track"),
        subnets=frozenset(network["subnets"]),
        groups=frozenset(network["security_groups"]),
        public_address=network["assign_public_ip"],
        size=_size(definition) if definition else "",
        bounds=_bounds(service, resources),
        weight=weight,
        share=weight / total if total else 0.0,
    )


def _size(definition: Resource) -> str:
    return f"{int(definition.values['cpu']) / 1024:g} vCPU, {int(definition.values['memory']) / 1024:g} GB"


def _bounds(service: Resource, resources: Resources) -> str:
    for target in resources.of("aws_appautoscaling_target"):
        if str(target.values["resource_id"]).endswith(f"/{service.values['name']}"):
            return f"{target.values['min_capacity']} to {target.values['max_capacity']} tasks"
    return "as released"


def _permissions(resources: Resources, names: Mapping[str, str]) -> list[Permission]:
    directions = {"aws_vpc_security_group_ingress_rule": True, "aws_vpc_security_group_egress_rule": False}
    lists = {each.values.get("prefix_list_id"): _endpoint(each).service for each in resources.of("aws_vpc_endpoint")}
    found = []
    for rule in resources.of(*directions):
        values = rule.values
        group, listed = values.get("referenced_security_group_id"), values.get("prefix_list_id")
        peer = names.get(group, group) if group else lists.get(listed, listed) if listed else _range(rule)
        found.append(Permission(names[values["security_group_id"]], directions[rule.type], _ports(rule), str(peer)))
    return found


def _range(rule: Resource) -> str:
    return str(rule.values.get("cidr_ipv4") or rule.values.get("cidr_ipv6"))


def _ports(rule: Resource) -> str:
    first, last, protocol = rule.values.get("from_port"), rule.values.get("to_port"), rule.values["ip_protocol"]
    if protocol == "-1":
        return "everything"
    return f"{protocol} {first}" if first == last else f"{protocol} {first}-{last}"


def _endpoint(endpoint: Resource) -> Endpoint:
    service = ".".join(str(endpoint.values["service_name"]).split(".")[3:])
    return Endpoint(service, frozenset(endpoint.values.get("subnet_ids") or ()))
