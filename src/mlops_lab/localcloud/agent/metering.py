"""What AWS/ECS and AWS/ApplicationELB publish, from what was measured. Pure.

Names, dimensions and when a metric is reported are those of the AWS pages "CloudWatch metrics for your Application
Load Balancer" and "Amazon ECS CloudWatch metrics"; units are those that CloudWatch shows for them. Two things differ:
data come every `metric_seconds` with high resolution, where AWS has one a minute, and there are no metrics by
availability zone, for on one machine there are no zones.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mlops_lab.localcloud.agent.traffic import Traffic

Datum = dict[str, Any]  # as PutMetricData takes it
ECS = "AWS/ECS"
BALANCER = "AWS/ApplicationELB"
MOST_VALUES = 150  # of one datum, CloudWatch's limit

LOAD_BALANCER = ("LoadBalancer",)
TARGET_GROUP = ("TargetGroup",)
BOTH = ("LoadBalancer", "TargetGroup")
SERVICE = ("ClusterName", "ServiceName")
# Name -> unit, and the combinations of dimensions under which it is published.
BALANCER_METRICS: Mapping[str, tuple[str, tuple[tuple[str, ...], ...]]] = {
    "RequestCount": ("Count", (LOAD_BALANCER, BOTH)),
    "RequestCountPerTarget": ("Count", (TARGET_GROUP, BOTH)),
    "HealthyHostCount": ("Count", (BOTH,)),
    "UnHealthyHostCount": ("Count", (BOTH,)),
    **{f"HTTPCode_Target_{code}_Count": ("Count", (LOAD_BALANCER, BOTH)) for code in ("2XX", "3XX", "4XX", "5XX")},
    **{f"HTTPCode_ELB_{code}_Count": ("Count", (LOAD_BALANCER,)) for code in ("3XX", "4XX", "5XX")},
    **{f"HTTPCode_ELB_{code}_Count": ("Count", (LOAD_BALANCER,)) for code in ("500", "502", "503", "504")},
    "HTTP_Fixed_Response_Count": ("Count", (LOAD_BALANCER,)),
    "HTTP_Redirect_Count": ("Count", (LOAD_BALANCER,)),
    "TargetConnectionErrorCount": ("Count", (LOAD_BALANCER, BOTH)),
    "TargetResponseTime": ("Seconds", (LOAD_BALANCER, BOTH)),
}
ACTIONS = {"fixed-response": "HTTP_Fixed_Response_Count", "redirect": "HTTP_Redirect_Count"}


@dataclass(frozen=True)
class Group:
    """A target group and how its targets are."""

    target_group: str  # "targetgroup/<name>/<id>"
    balancer: str  # "app/<name>/<id>"
    registered: int
    healthy: int
    unhealthy: int


@dataclass(frozen=True)
class Use:
    """What a task uses, in per cent of what its task definition reserves; None where that is not known."""

    cluster: str
    service: str
    cpu: float | None
    memory: float | None


def service_data(uses: Iterable[Use], start: int) -> list[Datum]:
    """Return AWS/ECS data of a period: one datum a task, so that Average and Maximum are over the tasks."""
    return [
        _datum(name, start, "Percent", SERVICE, {"ClusterName": use.cluster, "ServiceName": use.service}, {value: 1})
        for use in uses
        for name, value in (("CPUUtilization", use.cpu), ("MemoryUtilization", use.memory))
        if value is not None
    ]


def balancer_data(groups: Iterable[Group], traffic: Mapping[tuple[int, str], Traffic], start: int) -> list[Datum]:
    """Return AWS/ApplicationELB data.

    Args:
        groups: Every target group of a load balancer.
        traffic: What happened, by beginning of the period and source; also of earlier periods that were read late.
        start: Beginning of the period that has just ended.
    """
    by_name = {group.target_group: group for group in groups}
    data: list[Datum] = []
    for group in by_name.values():
        data += _state(group, start, idle=(start, group.target_group) not in traffic)
    for (second, source), counted in traffic.items():
        if source in by_name:
            data += _of_group(by_name[source], counted, second)
        elif source.startswith("app/"):
            data += _published(_codes(counted), second, {"LoadBalancer": source})
    return data


def _state(group: Group, start: int, idle: bool) -> Iterator[Datum]:
    """What is reported whenever targets are registered, requests or none."""
    if not group.registered:
        return
    values: dict[str, Mapping[float, int]] = {
        "HealthyHostCount": {group.healthy: 1},
        "UnHealthyHostCount": {group.unhealthy: 1},
    }
    if idle:
        values |= {"RequestCount": {0: 1}, "RequestCountPerTarget": {0: 1}}
    yield from _published(values, start, _dimensions(group))


def _of_group(group: Group, counted: Traffic, second: int) -> Iterator[Datum]:
    targets = group.healthy or group.registered or 1
    values = _codes(counted)
    if counted.requests:
        values["RequestCount"] = {1: counted.requests}
        values["RequestCountPerTarget"] = {counted.requests / targets: 1}
    if counted.connection_errors:
        values["TargetConnectionErrorCount"] = {1: counted.connection_errors}
    if counted.latencies:
        values["TargetResponseTime"] = counted.latencies
    yield from _published(values, second, _dimensions(group))


def _codes(counted: Traffic) -> dict[str, Mapping[float, int]]:
    counts = {f"HTTPCode_Target_{code}_Count": count for code, count in counted.by_target.items()}
    for status, count in counted.by_balancer.items():
        for code in (f"{status // 100}XX", str(status)):
            name = f"HTTPCode_ELB_{code}_Count"
            counts[name] = counts.get(name, 0) + count
    counts |= {ACTIONS[action]: count for action, count in counted.actions.items() if action in ACTIONS}
    return {name: {1: count} for name, count in counts.items() if name in BALANCER_METRICS}


def _published(
    values: Mapping[str, Mapping[float, int]], second: int, dimensions: Mapping[str, str]
) -> Iterator[Datum]:
    for name, found in values.items():
        unit, combinations = BALANCER_METRICS[name]
        for names in combinations:
            for part in _parts(found):
                yield _datum(name, second, unit, names, dimensions, part)


def _parts(values: Mapping[float, int]) -> Iterator[dict[float, int]]:
    items = sorted(values.items())
    for start in range(0, len(items), MOST_VALUES):
        yield dict(items[start : start + MOST_VALUES])


def _datum(
    name: str,
    second: int,
    unit: str,
    names: Iterable[str],
    dimensions: Mapping[str, str],
    values: Mapping[float, int],
) -> Datum:
    return {
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": dimensions[key]} for key in names],
        "Timestamp": datetime.fromtimestamp(second, UTC),
        "Values": [float(value) for value in values],
        "Counts": [float(count) for count in values.values()],
        "Unit": unit,
        "StorageResolution": 1,
    }


def _dimensions(group: Group) -> dict[str, str]:
    return {"LoadBalancer": group.balancer, "TargetGroup": group.target_group}
