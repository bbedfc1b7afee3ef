"""What the faults of serving tasks do to which containers, and that they are over when they return."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from mlops_lab.chaos import tasks
from mlops_lab.chaos.tasks import LARGEST, disk_full, killed, out_of_memory
from mlops_lab.localcloud.driver import Status
from mlops_lab.settings import Settings

MEMORY = "OutOfMemoryError: Container killed due to memory usage"


@dataclass
class Lab:
    """Two services with a task each, and a container that has ended; what is done to them, in turn."""

    done: list[tuple[Any, ...]] = field(default_factory=list)
    reason: str = MEMORY
    service: dict[str, str] = field(default_factory=lambda: {"stable": "t1", "canary": "t2"})

    def list_tasks(self, cluster: str, serviceName: str) -> dict[str, list[str]]:
        return {"taskArns": [f"arn/{self.service[serviceName]}"] if serviceName in self.service else []}

    def describe_tasks(self, cluster: str, tasks: list[str]) -> dict[str, list[dict[str, Any]]]:
        return {"tasks": [{"containers": [{"reason": self.reason}]} for _ in tasks]}

    def statuses(self) -> list[Status]:
        return [Status("t1-api", running=True), Status("t1-old", running=False), Status("t2-api", running=True)]

    def kill(self, container: str) -> None:
        self.done.append(("kill", container))

    def fill_memory(self, container: str) -> None:
        self.done.append(("fill", container))

    def limit_files(self, container: str, size: int | None) -> None:
        self.done.append(("limit", container, size))

    def sleep(self, seconds: float) -> None:
        self.done.append(("sleep", seconds))


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    lab = Lab()
    monkeypatch.setattr(tasks, "client", lambda settings, service: lab)
    monkeypatch.setattr(tasks, "Household", lambda settings: SimpleNamespace(runtime=SimpleNamespace(driver=lab)))
    monkeypatch.setattr(tasks.time, "sleep", lab.sleep)
    monkeypatch.setattr(tasks, "TOLD_IN_TIME", 0.0)
    return lab


def test_only_the_running_containers_of_the_service_are_killed(lab: Lab):
    assert killed("stable")(Settings()) == 1
    assert lab.done == [("kill", "t1-api")]


def test_a_service_without_a_task_is_met_by_nothing(lab: Lab):
    assert (killed("none")(Settings()), out_of_memory("none")(Settings())) == (0, 0)
    assert lab.done == []


@pytest.mark.parametrize(("reason", "met"), [(MEMORY, 1), ("", 0)])
def test_memory_that_ran_out_counts_only_where_ecs_says_so(lab: Lab, reason: str, met: int):
    lab.reason = reason

    assert out_of_memory("stable")(Settings()) == met
    assert lab.done[0] == ("fill", "t1-api")


def test_the_disk_of_every_track_is_full_for_a_while_and_then_no_more(lab: Lab):
    assert disk_full(10.0, "stable", "canary")(Settings()) == 2
    assert lab.done[:5] == [
        ("limit", "t1-api", LARGEST),
        ("limit", "t2-api", LARGEST),
        ("sleep", 10.0),
        ("limit", "t1-api", None),
        ("limit", "t2-api", None),
    ]


def test_an_interrupted_experiment_leaves_no_full_disk(lab: Lab, monkeypatch: pytest.MonkeyPatch):
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tasks.time, "sleep", interrupt)

    with pytest.raises(KeyboardInterrupt):
        disk_full(10.0, "stable")(Settings())

    assert lab.done[-1] == ("limit", "t1-api", None)
