"""What Fargate would bill: for each task, from when to when it had so much CPU and memory."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mlops_lab.localcloud.plane.extension.ecs.task import Task

LEAST = timedelta(minutes=1)  # that a task is billed for
KEPT = timedelta(days=396)  # Cost Explorer shows thirteen months


@dataclass(frozen=True)
class Run:
    """A task's time, its size (vCPU, GB), its processor and its tags."""

    start: datetime
    end: datetime
    cores: float
    gigabytes: float
    arm: bool
    tags: tuple[tuple[str, str], ...]


def run_of(task: Task, definition: Any, now: datetime) -> Run | None:
    """Return what is billed for a task until now; None for one that never got so far as to pull its image."""
    started = task.times.get("pullStartedAt") or task.times.get("startedAt")
    if not isinstance(started, datetime):
        return None
    end = max(task.times.get("stoppedAt", now), started + LEAST)
    platform = getattr(definition, "runtime_platform", None) or {}
    tags = tuple((each["key"], each["value"]) for each in task.tags)
    arm = platform.get("cpuArchitecture") == "ARM64"
    return Run(started, end, int(task.cpu or 0) / 1024, int(task.memory or 0) / 1024, arm, tags)


def recent(runs: Iterable[Run], now: datetime) -> Iterator[Run]:
    """Yield the runs that Cost Explorer still shows."""
    return (run for run in runs if now - run.end < KEPT)
