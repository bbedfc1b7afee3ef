"""Publishes what tasks use and what the load balancer answered, as ECS and Elastic Load Balancing do on AWS."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from mlops_lab.localcloud.agent.access_log import AccessLog, Position
from mlops_lab.localcloud.agent.ledger import Batch, Ledger, Marker
from mlops_lab.localcloud.agent.metering import BALANCER, ECS, Datum, Group, Use, balancer_data, service_data
from mlops_lab.localcloud.agent.observation import Clients, Json, Task, observe
from mlops_lab.localcloud.agent.traffic import collect
from mlops_lab.localcloud.agent.usage import UsageMeter

MOST_DATA = 1_000  # of one PutMetricData, CloudWatch's limit


class Meter:
    """Measures one period after the other."""

    def __init__(
        self,
        clients: Clients,
        usage: UsageMeter,
        definition: Callable[[str], Json],
        logs: Mapping[str, AccessLog],
        ledger: Ledger,
        period: int,
    ):
        self._ecs = clients("ecs")
        self._elbv2 = clients("elbv2")
        self._cloudwatch = clients("cloudwatch")
        self._usage = usage
        self._definition = definition  # ARN -> task definition
        self._logs = logs
        self._ledger = ledger
        self._period = period

    def services(self, tick: int) -> bool:
        """Publish AWS/ECS for the period that ended at a second."""
        world = observe(self._ecs)
        running = [task for task in world.tasks if task.last == "RUNNING"]
        self._usage.keep_only(running)
        uses = [self._use(task) for task in running if task.group.startswith("service:")]
        self._put(ECS, service_data(uses, tick - self._period))
        return False

    def balancers(self, tick: int) -> bool:
        """Publish AWS/ApplicationELB for the period that ended at a second, and for what was logged before it."""
        self._settle()
        lines, positions = self._read()
        data = balancer_data(self._groups(), collect(lines, self._period), tick - self._period)
        if not data:
            return False
        if lines:
            self._ledger.begin(Batch(positions, self._marker(data[0])))
        self._put(BALANCER, data)
        if lines:
            self._ledger.finish(was_put=True)
        return False

    def _use(self, task: Task) -> Use:
        cpu, memory = self._usage.measure(task, self._definition(task.definition))
        return Use(task.cluster.rpartition("/")[2], task.group.removeprefix("service:"), cpu, memory)

    def _groups(self) -> Iterable[Group]:
        for page in self._elbv2.get_paginator("describe_target_groups").paginate():
            for group in page["TargetGroups"]:
                if group.get("LoadBalancerArns"):
                    yield self._group(group)

    def _group(self, group: Json) -> Group:
        answer = self._elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])
        states = [each["TargetHealth"]["State"] for each in answer["TargetHealthDescriptions"]]
        return Group(
            target_group=group["TargetGroupArn"].rpartition(":")[2],
            balancer=group["LoadBalancerArns"][0].partition("loadbalancer/")[2],
            registered=len(states) - states.count("draining"),
            healthy=states.count("healthy"),
            unhealthy=states.count("unhealthy"),
        )

    def _read(self) -> tuple[list[bytes], dict[str, Position]]:
        lines: list[bytes] = []
        positions = {}
        for name, log in self._logs.items():
            found, positions[name] = log.read(self._ledger.positions.get(name, Position()))
            lines += found
        return lines, positions

    def _settle(self) -> None:
        """Find out whether a batch that was written down has been put."""
        if batch := self._ledger.pending:
            self._ledger.finish(was_put=self._samples(batch.marker) > batch.marker.samples)

    def _marker(self, datum: Datum) -> Marker:
        dimensions = tuple((each["Name"], each["Value"]) for each in datum["Dimensions"])
        marker = Marker(datum["MetricName"], dimensions, int(datum["Timestamp"].timestamp()), 0.0)
        return Marker(marker.name, dimensions, marker.second, self._samples(marker))

    def _samples(self, marker: Marker) -> float:
        moment = datetime.fromtimestamp(marker.second, UTC)
        answer = self._cloudwatch.get_metric_statistics(
            Namespace=BALANCER,
            MetricName=marker.name,
            Dimensions=[{"Name": name, "Value": value} for name, value in marker.dimensions],
            StartTime=moment,
            EndTime=moment + timedelta(seconds=1),
            Period=1,
            Statistics=["SampleCount"],
        )
        return float(sum(point["SampleCount"] for point in answer["Datapoints"]))

    def _put(self, namespace: str, data: Sequence[Datum]) -> None:
        for start in range(0, len(data), MOST_DATA):
            self._cloudwatch.put_metric_data(Namespace=namespace, MetricData=data[start : start + MOST_DATA])
