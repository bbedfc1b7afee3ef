from dataclasses import replace
from datetime import UTC, datetime

import pytest

from mlops_lab.localcloud.agent.observation import Task
from mlops_lab.localcloud.agent.usage import UsageMeter, reserved
from mlops_lab.localcloud.driver import Usage

MIB = 2**20
TASK = Task(
    cluster="c",
    arn="arn:aws:ecs:x:1:task/c/t1",
    definition="api:1",
    group="service:api",
    started_by="ecs-svc/1",
    desired="RUNNING",
    last="RUNNING",
    stop_code=None,
    stopped_reason=None,
    created_at=datetime(2026, 11, 1, tzinfo=UTC),
    started_at=None,
    stopped_at=None,
    overrides={},
    ports={},
)
FARGATE = {"cpu": "256", "memory": "512", "containerDefinitions": [{"name": "app"}, {"name": "side"}]}


class Machine:
    """A driver and a clock that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.used: dict[str, Usage] = {}

    def usage(self, container_id: str) -> Usage | None:
        return self.used.get(container_id)

    def use(self, seconds: float, mib: int, container: str = "app") -> None:
        self.used[f"t1-{container}"] = Usage(seconds, mib * MIB)


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def meter(machine: Machine) -> UsageMeter:
    return UsageMeter(machine, lambda: machine.now)  # type: ignore[arg-type]


def test_cpu_is_what_was_used_since_the_last_time_in_per_cent_of_what_is_reserved(machine: Machine, meter: UsageMeter):
    machine.use(5.0, 128)
    assert meter.measure(TASK, FARGATE) == (None, 25.0)

    machine.now = 10.0
    machine.use(6.25, 256)

    assert meter.measure(TASK, FARGATE) == (50.0, 50.0)  # 0.125 of a core, of a quarter


def test_a_task_s_containers_count_together(machine: Machine, meter: UsageMeter):
    machine.use(0.0, 64)
    machine.use(0.0, 64, "side")
    meter.measure(TASK, FARGATE)

    machine.now = 10.0
    machine.use(1.25, 128)
    machine.use(1.25, 128, "side")

    assert meter.measure(TASK, FARGATE) == (100.0, 50.0)


def test_a_task_that_does_not_run_uses_nothing_that_is_known(meter: UsageMeter):
    assert meter.measure(TASK, FARGATE) == (None, None)


def test_a_forgotten_task_begins_afresh(machine: Machine, meter: UsageMeter):
    machine.use(1.0, 128)
    meter.measure(TASK, FARGATE)

    meter.keep_only([])
    machine.now = 10.0

    assert meter.measure(TASK, FARGATE)[0] is None


def test_a_container_that_was_started_again_does_not_count_backwards(machine: Machine, meter: UsageMeter):
    machine.use(100.0, 128)
    meter.measure(TASK, FARGATE)

    machine.now = 10.0
    machine.use(0.1, 128)

    assert meter.measure(TASK, FARGATE)[0] == 0.0


def test_reserved_is_the_task_s_own_or_that_of_its_containers():
    containers = {"containerDefinitions": [{"name": "a", "cpu": 100, "memory": 64}, {"name": "b", "cpu": 28}]}

    assert reserved(TASK, FARGATE) == (256, 512)
    assert reserved(TASK, containers) == (128, 64)
    assert reserved(replace(TASK, overrides={"cpu": "1024", "memory": "2048"}), FARGATE) == (1024, 2048)
