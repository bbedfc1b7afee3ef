"""The ECS service scheduler: from what a service wants and has to the tasks to run and to stop. Pure."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from mlops_lab.localcloud.agent.observation import Service, Task

FAILURES = ("TaskFailedToStart", "EssentialContainerExited")
UNHEALTHY = "Task failed ELB health checks in"
STABLE_AFTER = timedelta(seconds=60)
LONGEST_BACKOFF = 60  # seconds
BREAKER_THRESHOLD = 3  # the least number of failed tasks that trips ECS's deployment circuit breaker

Health = Callable[[Service, Task], str]  # -> "initial", "healthy" or "unhealthy"


@dataclass(frozen=True)
class Run:
    """Start tasks of the service's newest deployment."""

    service: Service
    count: int


@dataclass(frozen=True)
class Stop:
    """Stop a task."""

    task: Task
    reason: str


@dataclass(frozen=True)
class Revert:
    """Go back to the task definition that worked: the deployment circuit breaker has tripped."""

    service: Service
    task_definition: str


Action = Run | Stop | Revert


def decide(service: Service, tasks: Sequence[Task], health: Health, now: datetime) -> list[Action]:
    """Return what brings the service one step closer to its newest deployment, within its deployment limits."""
    failed = failures(service, tasks)
    if service.previous and _breaker_tripped(service, tasks, health, failed):
        return [Revert(service, service.previous)]
    stops: list[Stop] = [*_unhealthy(service, tasks, health, now)]
    leaving = {stop.task.arn for stop in stops}
    wanted = [task for task in tasks if task.is_wanted and task.arn not in leaving]
    new = [task for task in wanted if task.started_by == service.deployment]
    old = [task for task in wanted if task.started_by != service.deployment]
    stops += _surplus(service, new, health)
    stops += _outdated(service, new, old, health)
    count = min(service.desired - len(new), _maximum(service) - len(wanted))
    may_start = not failed or now >= _retry_at(failed)
    starts = [Run(service, count)] if count > 0 and may_start else []
    return [*starts, *stops]


def failures(service: Service, tasks: Sequence[Task]) -> list[Task]:
    """Return the newest deployment's tasks that failed one after the other since one last worked, oldest first."""
    own = [task for task in tasks if task.started_by == service.deployment]
    ended = sorted((task for task in own if task.stopped_at), key=_stopped_at)
    failed: list[Task] = []
    for task in ended:
        failed = [*failed, task] if _failed(task) and not _was_stable(task) else []
    return failed


def backoff(count: int) -> int:
    """Seconds to wait after so many failures in a row: none after the first, then doubling up to a minute."""
    return 0 if count < 2 else min(2 ** (count - 1), LONGEST_BACKOFF)


def _retry_at(failed: Sequence[Task]) -> datetime:
    return _stopped_at(failed[-1]) + timedelta(seconds=backoff(len(failed)))


def _unhealthy(service: Service, tasks: Sequence[Task], health: Health, now: datetime) -> list[Stop]:
    grace = timedelta(seconds=service.grace_seconds)
    return [
        Stop(task, f"{UNHEALTHY} (service {service.name})")
        for task in tasks
        if task.is_wanted and task.started_at and now > task.started_at + grace and health(service, task) == "unhealthy"
    ]


def _surplus(service: Service, new: Sequence[Task], health: Health) -> list[Stop]:
    """Scale in: tasks that are not healthy yet go first, then the youngest."""
    ranked = sorted(new, key=lambda task: (health(service, task) == "healthy", -task.created_at.timestamp()))
    return [
        Stop(task, f"Scaling activity initiated by (deployment {service.deployment})")
        for task in ranked[: max(0, len(new) - service.desired)]
    ]


def _outdated(service: Service, new: Sequence[Task], old: Sequence[Task], health: Health) -> list[Stop]:
    """Stop tasks of older deployments, those that do not serve first, as far as enough healthy ones are left."""
    healthy = [task for task in (*new, *old) if health(service, task) == "healthy"]
    spare = len(healthy) - math.ceil(service.desired * service.minimum_percent / 100)
    useless = [task for task in old if task not in healthy]
    serving = [task for task in old if task in healthy]
    replaced = [*useless, *serving[: max(0, spare)]]
    return [Stop(task, f"Replaced by (deployment {service.deployment})") for task in replaced]


def _maximum(service: Service) -> int:
    return max(service.desired, math.floor(service.desired * service.maximum_percent / 100))


def _was_stable(task: Task) -> bool:
    return task.started_at is not None and _stopped_at(task) - task.started_at >= STABLE_AFTER


def _failed(task: Task) -> bool:
    return task.stop_code in FAILURES or (task.stopped_reason or "").startswith(UNHEALTHY)


def _breaker_tripped(service: Service, tasks: Sequence[Task], health: Health, failed: Sequence[Task]) -> bool:
    serves = any(task.started_by == service.deployment and health(service, task) == "healthy" for task in tasks)
    return service.circuit_breaker and not serves and len(failed) >= BREAKER_THRESHOLD


def _stopped_at(task: Task) -> datetime:
    assert task.stopped_at is not None
    return task.stopped_at
