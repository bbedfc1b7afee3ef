"""Keeps services' running tasks registered in their target groups."""

from collections.abc import Iterable
from typing import Any

from mlops_lab.localcloud.agent.health import Check, HealthTable
from mlops_lab.localcloud.agent.observation import Json, LoadBalancing, Service, Task, World

LOOPBACK = "127.0.0.1"
STATES = ("unhealthy", "initial", "healthy")  # the worst first


class Targets:
    """Registers and deregisters tasks, and knows each one's health over all its target groups."""

    def __init__(self, elbv2: Any, health: HealthTable):
        self._elbv2 = elbv2
        self._health = health
        self.registered: dict[str, set[tuple[str, int]]] = {}  # target group -> (address, port), as of the last step
        self._managed: set[str] = set()  # target groups that a service names or has named
        self._delays: dict[str, float] = {}
        self._groups: dict[str, tuple[str, ...]] = {}  # task id -> the target groups it was registered in

    def step(self, world: World, groups: Iterable[Json]) -> bool:
        """Make registrations equal to the running tasks and watch them; return whether anything was changed."""
        by_arn = {group["TargetGroupArn"]: group for group in groups}
        wanted = self._wanted(world, by_arn.keys())
        self._managed = (self._managed | wanted.keys()) & by_arn.keys()
        changed = False
        checks: list[Check] = []
        self.registered = {arn: self._described(arn) for arn in by_arn}
        for arn in self._managed:
            changed |= self._reconcile(arn, wanted.get(arn, set()), self.registered[arn])
            self.registered[arn] = wanted.get(arn, set())
        for arn, registered in self.registered.items():
            checks += [check(by_arn[arn], ip, port) for ip, port in sorted(registered)]
        self._health.watch(checks)
        return changed

    def health(self, service: Service, task: Task) -> str:
        """A task's health: that of its worst target group; a running task without one is healthy."""
        if task.last != "RUNNING":
            return "initial"
        states = [
            found.state if (found := self._health.of(each.target_group, LOOPBACK, port)) else "initial"
            for each in service.load_balancing
            if (port := _port(task, each)) is not None
        ]
        return min(states, key=STATES.index, default="healthy")

    def drain_seconds(self, task: Task) -> float:
        """How long a task is left running after it was deregistered: the longest delay of its target groups."""
        return max((self._delay(arn) for arn in self._groups.get(task.id, ())), default=0)

    def _wanted(self, world: World, known: Iterable[str]) -> dict[str, set[tuple[str, int]]]:
        groups = set(known)
        wanted: dict[str, set[tuple[str, int]]] = {}
        for service in world.services:
            for each in service.load_balancing:
                if each.target_group not in groups:
                    continue
                targets = wanted.setdefault(each.target_group, set())
                for task in world.tasks_of(service):
                    port = _port(task, each)
                    if task.is_wanted and task.last == "RUNNING" and port is not None:
                        targets.add((LOOPBACK, port))
                        named = self._groups.get(task.id, ())
                        self._groups[task.id] = tuple({*named, each.target_group})
        return wanted

    def _described(self, arn: str) -> set[tuple[str, int]]:
        answer = self._elbv2.describe_target_health(TargetGroupArn=arn)
        return {
            (each["Target"]["Id"], each["Target"]["Port"])
            for each in answer["TargetHealthDescriptions"]
            if each["TargetHealth"]["State"] != "draining"
        }

    def _reconcile(self, arn: str, wanted: set[tuple[str, int]], registered: set[tuple[str, int]]) -> bool:
        if new := wanted - registered:
            self._elbv2.register_targets(TargetGroupArn=arn, Targets=_targets(new))
        if old := registered - wanted:
            self._elbv2.deregister_targets(TargetGroupArn=arn, Targets=_targets(old))
        return wanted != registered

    def _delay(self, arn: str) -> float:
        if arn not in self._delays:
            attributes = self._elbv2.describe_target_group_attributes(TargetGroupArn=arn)["Attributes"]
            values = {each["Key"]: each["Value"] for each in attributes}
            self._delays[arn] = float(values.get("deregistration_delay.timeout_seconds", 300))
        return self._delays[arn]


def check(group: Json, target: str, port: int) -> Check:
    """The health check of a target, from DescribeTargetGroups."""
    own_port = group.get("HealthCheckPort") or "traffic-port"
    return Check(
        key=(group["TargetGroupArn"], target, port if own_port == "traffic-port" else int(own_port)),
        path=group.get("HealthCheckPath") or "/",
        interval=group.get("HealthCheckIntervalSeconds") or 30,
        timeout=group.get("HealthCheckTimeoutSeconds") or 5,
        healthy_threshold=group.get("HealthyThresholdCount") or 5,
        unhealthy_threshold=group.get("UnhealthyThresholdCount") or 2,
        matcher=(group.get("Matcher") or {}).get("HttpCode") or "200",
    )


def _targets(targets: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"Id": target, "Port": port} for target, port in sorted(targets)]


def _port(task: Task, each: LoadBalancing) -> int | None:
    return task.ports.get((each.container, each.port))
