from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mlops_lab.localcloud.agent import definition as definitions
from mlops_lab.localcloud.agent import runner as runner_module
from mlops_lab.localcloud.agent.observation import Task, World
from mlops_lab.localcloud.agent.runner import Runner
from mlops_lab.localcloud.driver import CannotStartError, Container, LogLine, Status, Usage

BORN = datetime(2026, 11, 1, tzinfo=UTC)
TASK = Task(
    cluster="c",
    arn="arn:aws:ecs:x:1:task/c/t1",
    definition="api:1",
    group="service:api",
    started_by="ecs-svc/1",
    desired="RUNNING",
    last="PROVISIONING",
    stop_code=None,
    stopped_reason=None,
    created_at=BORN,
    started_at=None,
    stopped_at=None,
    overrides={},
    ports={},
)
APP = {"name": "app", "image": "r/app@sha256:1", "portMappings": [{"containerPort": 8000}], "stopTimeout": 5}
PORTS = {("app", 8000): 7001}
RUNNING = replace(TASK, last="RUNNING", ports=PORTS)
STOPPING = replace(RUNNING, desired="STOPPED", stopped_reason="Scaling activity")


class FakeDriver:
    """Remembers what it was told; containers run until a test ends them."""

    name = "fake"

    def __init__(self) -> None:
        self.started: dict[str, Container] = {}
        self.now: dict[str, Status] = {}
        self.signals: list[tuple[str, str]] = []
        self.refuse: str | None = None

    def start(self, container: Container) -> None:
        if self.refuse:
            raise CannotStartError(self.refuse)
        self.started[container.id] = container
        self.now[container.id] = Status(container.id, running=True)

    def statuses(self) -> list[Status]:
        return list(self.now.values())

    def terminate(self, container_id: str) -> None:
        self.signals.append(("TERM", container_id))

    def kill(self, container_id: str) -> None:
        self.signals.append(("KILL", container_id))

    def remove(self, container_id: str) -> None:
        del self.now[container_id]

    def fill_memory(self, container_id: str) -> None:
        self.end(container_id, 137, "OutOfMemoryError: Container killed due to memory usage")

    def limit_files(self, container_id: str, size: int | None) -> None:
        pass

    def usage(self, container_id: str) -> Usage | None:
        return None

    def logs(self, container_id: str, cursor: str | None) -> tuple[list[LogLine], str | None]:
        return [], cursor

    def end(self, container_id: str, code: int, reason: str | None = None) -> None:
        self.now[container_id] = Status(container_id, running=False, exit_code=code, reason=reason)


class FakeEcs:
    """Answers with one task definition and remembers what is reported."""

    def __init__(self, *containers: dict[str, Any]) -> None:
        self.definition = {"containerDefinitions": list(containers), "memory": "512", "cpu": "256"}
        self.reports: list[dict[str, Any]] = []
        self.stopped: list[str] = []

    def describe_task_definition(self, taskDefinition: str) -> dict[str, Any]:
        return {"taskDefinition": self.definition}

    def submit_task_state_change(self, **report: Any) -> None:
        self.reports.append(report)

    def stop_task(self, cluster: str, task: str, reason: str) -> None:
        self.stopped.append(reason)

    @property
    def last(self) -> dict[str, Any]:
        return self.reports[-1]


class Clock:
    """Seconds that a test sets."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(runner_module, "time", clock)
    return clock


@pytest.fixture
def driver() -> FakeDriver:
    return FakeDriver()


def make(
    driver: FakeDriver, ecs: FakeEcs, drain: float = 0, secrets: Mapping[str, str] | None = None
) -> tuple[Runner, list[str]]:
    ended: list[str] = []

    class Ssm:
        def get_parameters(self, Names: list[str], WithDecryption: bool) -> dict[str, Any]:
            assert WithDecryption
            return {"Parameters": [{"Value": secrets[each]} for each in Names if secrets and each in secrets]}

    runner = Runner(
        driver,
        ecs,
        clients_of_role=lambda role: lambda service: Ssm(),
        injected=lambda task, definition: {"AWS_REGION": "x"},
        ended=lambda task, definition: ended.append(task.id),
        drain_seconds=lambda task: drain,
        volumes=Path("/volumes"),
    )
    return runner, ended


def world(*tasks: Task) -> World:
    return World((), tasks)


def test_a_new_task_is_started_and_its_ports_reported_before_it_runs(driver: FakeDriver):
    ecs = FakeEcs(APP)
    runner, _ = make(driver, ecs)

    runner.step(world(TASK))

    assert [report["status"] for report in ecs.reports] == ["PENDING", "RUNNING"]
    (binding,) = ecs.reports[0]["containers"][0]["networkBindings"]
    assert binding["containerPort"] == 8000
    assert driver.started["t1-app"].ports == {8000: binding["hostPort"]}


def test_secrets_reach_the_container_by_reference(driver: FakeDriver):
    secret = {"name": "API_KEY", "valueFrom": "arn:aws:ssm:x:1:parameter/lab/api-key"}
    runner, _ = make(driver, FakeEcs(APP | {"secrets": [secret]}), secrets={"/lab/api-key": "s3cret"})

    runner.step(world(TASK))

    assert driver.started["t1-app"].environment == {"AWS_REGION": "x", "API_KEY": "s3cret"}


def test_a_secret_that_cannot_be_read_stops_the_task_as_on_ecs(driver: FakeDriver):
    ecs = FakeEcs(APP | {"secrets": [{"name": "API_KEY", "valueFrom": "/lab/none"}]})
    runner, _ = make(driver, ecs)

    runner.step(world(TASK))

    assert ecs.last["status"] == "STOPPED"
    assert ecs.last["reason"].startswith("ResourceInitializationError: unable to pull secrets")
    assert driver.started == {}


def test_an_image_that_cannot_be_pulled_stops_the_task(driver: FakeDriver):
    ecs = FakeEcs(APP)
    driver.refuse = "CannotPullContainerError: r/app"
    runner, _ = make(driver, ecs)

    runner.step(world(TASK))

    assert (ecs.last["status"], ecs.last["reason"]) == ("STOPPED", "CannotPullContainerError: r/app")


def test_a_task_that_fails_holds_up_no_other(driver: FakeDriver):
    class OneUnknown(FakeEcs):
        def describe_task_definition(self, taskDefinition: str) -> dict[str, Any]:
            if taskDefinition == "lost:1":
                raise KeyError(taskDefinition)
            return super().describe_task_definition(taskDefinition)

    runner, _ = make(driver, OneUnknown(APP))

    runner.step(world(replace(TASK, definition="lost:1", arn="arn:aws:ecs:x:1:task/c/t0"), TASK))

    assert list(driver.started) == ["t1-app"]


def test_overrides_of_run_task_win_over_the_definition(driver: FakeDriver):
    override = {"name": "app", "command": ["retrain"], "environment": [{"name": "SEED", "value": "7"}], "memory": 64}
    task = replace(TASK, overrides={"containerOverrides": [override]})
    runner, _ = make(driver, FakeEcs(APP | {"environment": [{"name": "SEED", "value": "0"}]}))

    runner.step(world(task))

    started = driver.started["t1-app"]
    assert (started.command, started.environment["SEED"], started.memory_mib) == (("retrain",), "7", 64)


def test_a_task_that_ends_is_reported_with_its_exit_code_and_removed(driver: FakeDriver):
    ecs = FakeEcs(APP)
    runner, ended = make(driver, ecs)
    driver.fill_memory("t1-app")

    runner.step(world(RUNNING))

    (container,) = ecs.last["containers"]
    assert (ecs.last["status"], ecs.last["reason"]) == ("STOPPED", "Essential container in task exited")
    assert (container["exitCode"], container["reason"][:16]) == (137, "OutOfMemoryError")
    assert ended == ["t1"]
    assert driver.now == {}


def test_the_end_of_an_essential_container_ends_its_sidecars(driver: FakeDriver, clock: Clock):
    ecs = FakeEcs(APP, {"name": "side", "image": "r/side@sha256:1", "essential": False})
    runner, _ = make(driver, ecs)
    driver.end("t1-app", 1)
    driver.now["t1-side"] = Status("t1-side", running=True)

    runner.step(world(RUNNING))

    assert driver.signals == [("TERM", "t1-side")]
    assert ecs.reports == []


def test_the_end_of_a_sidecar_is_not_the_end_of_the_task(driver: FakeDriver):
    ecs = FakeEcs(APP, {"name": "side", "image": "r/side@sha256:1", "essential": False})
    runner, _ = make(driver, ecs)
    driver.now["t1-app"] = Status("t1-app", running=True)
    driver.end("t1-side", 0)

    runner.step(world(RUNNING))

    assert ecs.reports == []
    assert driver.signals == []


def test_a_task_whose_container_is_gone_is_lost_not_restarted(driver: FakeDriver):
    ecs = FakeEcs(APP)
    runner, _ = make(driver, ecs)

    runner.step(world(RUNNING))

    assert ecs.stopped == ["The host of the task was restarted"]
    assert driver.started == {}


def test_a_task_is_drained_then_terminated_then_killed(driver: FakeDriver, clock: Clock):
    runner, _ = make(driver, FakeEcs(APP), drain=3)
    driver.now["t1-app"] = Status("t1-app", running=True)

    for second in (0, 2.9, 3, 7.9, 8):
        clock.now = 1000 + second
        runner.step(world(STOPPING))
        driver.signals.append((str(second), ""))

    assert driver.signals == [
        ("0", ""),
        ("2.9", ""),
        ("TERM", "t1-app"),
        ("3", ""),
        ("7.9", ""),
        ("KILL", "t1-app"),
        ("8", ""),
    ]


def test_a_stopped_task_is_reported_with_the_reason_it_was_given(driver: FakeDriver):
    ecs = FakeEcs(APP)
    runner, ended = make(driver, ecs)
    driver.end("t1-app", 0)

    runner.step(world(STOPPING))

    assert (ecs.last["status"], ecs.last["reason"]) == ("STOPPED", "Scaling activity")
    assert ended == ["t1"]


def test_a_task_that_never_started_can_be_stopped(driver: FakeDriver):
    ecs = FakeEcs(APP)
    runner, _ = make(driver, ecs)

    runner.step(world(replace(TASK, desired="STOPPED")))

    assert ecs.last["status"] == "STOPPED"


def test_a_container_that_was_started_before_the_agent_died_is_not_started_twice(driver: FakeDriver):
    ecs = FakeEcs(APP)
    runner, _ = make(driver, ecs)
    driver.now["t1-app"] = Status("t1-app", running=True)

    runner.step(world(replace(TASK, last="PENDING", ports=PORTS)))

    assert driver.started == {}
    assert ecs.last["status"] == "RUNNING"
    assert ecs.last["containers"][0]["networkBindings"][0]["hostPort"] == 7001


def test_a_container_of_no_task_is_killed_and_then_removed(driver: FakeDriver):
    runner, _ = make(driver, FakeEcs(APP))
    driver.now["gone-app"] = Status("gone-app", running=True)

    runner.step(world())
    driver.end("gone-app", 137)
    runner.step(world())

    assert driver.signals == [("KILL", "gone-app")]
    assert driver.now == {}


def test_free_ports_differ():
    ports = runner_module.free_ports([("a", 1), ("a", 2), ("b", 1)])

    assert len(set(ports.values())) == 3


def test_a_shared_volume_is_a_folder_that_the_next_task_gets_too(driver: FakeDriver):
    mounted = APP | {
        "mountPoints": [
            {"sourceVolume": "db", "containerPath": "/mnt/db"},
            {"sourceVolume": "tmp", "containerPath": "/tmp"},
        ]
    }
    definition = {
        "containerDefinitions": [mounted],
        "volumes": [{"name": "db", "dockerVolumeConfiguration": {"scope": "shared"}}, {"name": "tmp"}],
    }

    started = [
        definitions.containers(replace(TASK, arn=f"{TASK.arn}{n}"), definition, {}, PORTS, {}, Path("/kept"))[0]
        for n in (1, 2)
    ]

    assert [each.mounts for each in started] == [{"/mnt/db": Path("/kept/db")}] * 2
