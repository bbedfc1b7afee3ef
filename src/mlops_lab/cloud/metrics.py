"""What CloudWatch holds of a project's services, under AWS's own names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from mlops_lab import catalog
from mlops_lab.cloud.session import client, explained
from mlops_lab.settings import Settings

ECS, BALANCER = "AWS/ECS", "AWS/ApplicationELB"


@dataclass(frozen=True)
class Metric:
    """A metric of a service and the statistic that is asked for."""

    namespace: str
    name: str
    statistic: str
    scope: Literal["service", "balancer"] = "service"  # balancer: what no target group counts


METRICS: Mapping[str, Metric] = {
    "requests": Metric(BALANCER, "RequestCount", "Sum"),
    "latency_p50": Metric(BALANCER, "TargetResponseTime", "p50"),
    "latency_p90": Metric(BALANCER, "TargetResponseTime", "p90"),
    "latency_p99": Metric(BALANCER, "TargetResponseTime", "p99"),
    "client_errors": Metric(BALANCER, "HTTPCode_Target_4XX_Count", "Sum"),
    "errors": Metric(BALANCER, "HTTPCode_Target_5XX_Count", "Sum"),
    "healthy": Metric(BALANCER, "HealthyHostCount", "Maximum"),
    "cpu": Metric(ECS, "CPUUtilization", "Average"),
    "memory": Metric(ECS, "MemoryUtilization", "Average"),
}


@dataclass(frozen=True)
class Series:
    """Values of a metric by the beginnings of their periods, in order of time (UTC)."""

    period: int  # seconds
    points: tuple[tuple[datetime, float], ...]

    @property
    def values(self) -> tuple[float, ...]:
        """The values alone."""
        return tuple(value for _, value in self.points)


def read(
    settings: Settings, project: str, start: datetime, end: datetime, wanted: Mapping[str, Metric] = METRICS
) -> dict[str, Series]:
    """Return series of the stable service over a span, by their keys; latencies in seconds, CPU and memory in per cent.

    Raises:
        LabError: The service's target group does not exist, or the target does not answer.
    """
    return read_tracks(settings, project, start, end, wanted, ("stable",))["stable"]


def read_tracks(
    settings: Settings,
    project: str,
    start: datetime,
    end: datetime,
    wanted: Mapping[str, Metric],
    tracks: Sequence[str] = catalog.TRACKS,
) -> dict[str, dict[str, Series]]:
    """Return series by track and key, asked for at once, so that no track is a period ahead of another.

    Raises:
        LabError: A target group does not exist, or the target does not answer.
    """
    with explained(settings):
        elbv2, period = client(settings, "elbv2"), settings.metric_period
        dimensions = {track: _dimensions(elbv2, catalog.service(project, track)) for track in tracks}
        queries = [
            _query(f"{track}_{key}", metric, dimensions[track], period)
            for track in tracks
            for key, metric in wanted.items()
        ]
        found: dict[str, list[tuple[datetime, float]]] = {query["Id"]: [] for query in queries}
        pages = client(settings, "cloudwatch").get_paginator("get_metric_data")
        for page in pages.paginate(
            MetricDataQueries=queries, StartTime=start, EndTime=end, ScanBy="TimestampAscending"
        ):
            for result in page["MetricDataResults"]:
                moments = (moment.astimezone(UTC) for moment in result["Timestamps"])
                found[result["Id"]] += zip(moments, result["Values"], strict=True)
    return {track: {key: Series(period, tuple(found[f"{track}_{key}"])) for key in wanted} for track in tracks}


def _dimensions(elbv2: Any, name: str) -> dict[tuple[str, str], dict[str, str]]:
    group = elbv2.describe_target_groups(Names=[name])["TargetGroups"][0]
    balancer = {"LoadBalancer": group["LoadBalancerArns"][0].partition("loadbalancer/")[2]}
    return {
        (ECS, "service"): {"ClusterName": catalog.CLUSTER, "ServiceName": name},
        (BALANCER, "service"): {**balancer, "TargetGroup": group["TargetGroupArn"].rpartition(":")[2]},
        (BALANCER, "balancer"): balancer,
    }


def _query(
    key: str, metric: Metric, dimensions: Mapping[tuple[str, str], Mapping[str, str]], period: int
) -> dict[str, Any]:
    named = [{"Name": name, "Value": value} for name, value in dimensions[metric.namespace, metric.scope].items()]
    stat = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": named}
    return {"Id": key, "MetricStat": {"Metric": stat, "Period": period, "Stat": metric.statistic}}
