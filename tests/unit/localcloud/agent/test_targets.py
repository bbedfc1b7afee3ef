from datetime import UTC, datetime
from typing import Any

import pytest

from mlops_lab.localcloud.agent.health import TargetHealth
from mlops_lab.localcloud.agent.observation import LoadBalancing, Service, Task, World
from mlops_lab.localcloud.agent.targets import Targets, check

BORN = datetime(2026, 11, 1, tzinfo=UTC)
GROUP = {"TargetGroupArn": "arn:tg/a", "HealthCheckPath": "/ready", "HealthCheckIntervalSeconds": 5}
SERVICE = Service(
    cluster="c",
    name="api",
    desired=1,
    task_definition="api:1",
    deployment="ecs-svc/1",
    previous=None,
    network={},
    minimum_percent=100,
    maximum_percent=200,
    circuit_breaker=False,
    grace_seconds=0,
    load_balancing=(LoadBalancing("arn:tg/a", "app", 8000),),
    propagate_tags="NONE",
)


def task(port: int, desired: str = "RUNNING", last: str = "RUNNING") -> Task:
    return Task(
        cluster="c",
        arn=f"arn:task/{port}",
        definition="api:1",
        group="service:api",
        started_by="ecs-svc/1",
        desired=desired,
        last=last,
        stop_code=None,
        stopped_reason=None,
        created_at=BORN,
        started_at=BORN,
        stopped_at=None,
        overrides={},
        ports={("app", 8000): port},
    )


class FakeElb:
    """One target group's registrations."""

    def __init__(self, *ports: int) -> None:
        self.ports = set(ports)

    def describe_target_health(self, TargetGroupArn: str) -> dict[str, Any]:
        return {
            "TargetHealthDescriptions": [
                {"Target": {"Id": "127.0.0.1", "Port": port}, "TargetHealth": {"State": "healthy"}}
                for port in self.ports
            ]
        }

    def register_targets(self, TargetGroupArn: str, Targets: list[dict[str, Any]]) -> None:
        self.ports |= {target["Port"] for target in Targets}

    def deregister_targets(self, TargetGroupArn: str, Targets: list[dict[str, Any]]) -> None:
        self.ports -= {target["Port"] for target in Targets}

    def describe_target_group_attributes(self, TargetGroupArn: str) -> dict[str, Any]:
        return {"Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "7"}]}


class FakeHealth:
    """States by port."""

    def __init__(self, **states: str) -> None:
        self.states = states
        self.watched: list[int] = []

    def watch(self, checks: list[Any]) -> None:
        self.watched = [each.key[2] for each in checks]

    def of(self, group: str, target: str, port: int) -> TargetHealth | None:
        state = self.states.get(f"p{port}")
        return TargetHealth(state) if state else None


@pytest.fixture
def elb() -> FakeElb:
    return FakeElb()


def test_a_running_task_is_registered_and_watched(elb: FakeElb):
    health = FakeHealth()

    changed = Targets(elb, health).step(World((SERVICE,), (task(7001),)), [GROUP])

    assert (changed, elb.ports, health.watched) == (True, {7001}, [7001])


def test_a_task_that_is_to_stop_leaves_the_target_group(elb: FakeElb):
    elb.ports = {7001, 7002}

    Targets(elb, FakeHealth()).step(World((SERVICE,), (task(7001), task(7002, desired="STOPPED"))), [GROUP])

    assert elb.ports == {7001}


def test_what_is_as_wanted_is_left_alone(elb: FakeElb):
    elb.ports = {7001}

    assert Targets(elb, FakeHealth()).step(World((SERVICE,), (task(7001),)), [GROUP]) is False


def test_targets_that_no_service_manages_are_watched_but_kept(elb: FakeElb):
    elb.ports = {7009}
    health = FakeHealth()

    Targets(elb, health).step(World((), ()), [GROUP])

    assert (elb.ports, health.watched) == ({7009}, [7009])


def test_a_deleted_service_s_targets_are_deregistered(elb: FakeElb):
    targets = Targets(elb, FakeHealth())
    targets.step(World((SERVICE,), (task(7001),)), [GROUP])

    targets.step(World((), (task(7001),)), [GROUP])

    assert elb.ports == set()


def test_a_task_drains_for_its_target_group_s_delay(elb: FakeElb):
    targets = Targets(elb, FakeHealth())

    before = targets.drain_seconds(task(7001))
    targets.step(World((SERVICE,), (task(7001),)), [GROUP])

    assert (before, targets.drain_seconds(task(7001))) == (0, 7)


def test_a_task_is_as_healthy_as_its_target(elb: FakeElb):
    targets = Targets(elb, FakeHealth(p7001="healthy", p7002="unhealthy"))

    seen = [targets.health(SERVICE, task(port)) for port in (7001, 7002, 7003)]

    assert seen == ["healthy", "unhealthy", "initial"]


def test_a_task_that_does_not_run_yet_is_initial(elb: FakeElb):
    assert Targets(elb, FakeHealth(p7001="healthy")).health(SERVICE, task(7001, last="PENDING")) == "initial"


def test_a_check_takes_the_target_group_s_own_port_where_it_has_one():
    assert check(GROUP | {"HealthCheckPort": "9000"}, "127.0.0.1", 7001).url == "http://127.0.0.1:9000/ready"
    assert check(GROUP | {"HealthCheckPort": "traffic-port"}, "127.0.0.1", 7001).url == "http://127.0.0.1:7001/ready"
