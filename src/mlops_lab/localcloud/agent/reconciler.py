"""The agent's loop: observe, decide, act, and again; every pass starts from what is, none from what was."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from mlops_lab.localcloud.agent import scheduler
from mlops_lab.localcloud.agent.balancer import Balancer
from mlops_lab.localcloud.agent.guard import Guard
from mlops_lab.localcloud.agent.logs import LogShipper
from mlops_lab.localcloud.agent.observation import Task, World, observe
from mlops_lab.localcloud.agent.runner import Runner
from mlops_lab.localcloud.agent.scheduler import Run, Stop
from mlops_lab.localcloud.agent.schedules import Schedules
from mlops_lab.localcloud.agent.targets import Targets

PASS_SECONDS = 0.5
STOPPED = "The embedded cloud was stopped"
LAUNCHES = {"launchType": "FARGATE"}

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Parts:
    """What the loop drives."""

    ecs: Any
    runner: Runner
    targets: Targets
    balancer: Balancer
    logs: LogShipper
    schedules: Schedules


class Reconciler:
    """Runs passes in a thread until it is stopped; a failing step is logged and tried again in the next pass."""

    def __init__(self, parts: Parts):
        self._parts = parts
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="reconciler", daemon=True)
        self._guard = Guard()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Begin the next pass now."""
        self._wake.set()

    def stop(self, seconds: float) -> None:
        """Stop every task and wait for their ends, at most so long; services start theirs again the next time."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()
        deadline = time.monotonic() + seconds
        while (live := self._live()) and time.monotonic() < deadline:
            for task in live:
                if task.desired != "STOPPED":
                    self._parts.ecs.stop_task(cluster=task.cluster, task=task.arn, reason=STOPPED)
            self._parts.runner.step(observe(self._parts.ecs))
            time.sleep(0.05)

    def step(self) -> bool:
        """Make one pass; return whether anything changed, so that the next is due at once."""
        world = observe(self._parts.ecs)
        groups = self._parts.balancer.target_groups()
        steps: list[tuple[str, Callable[[], bool]]] = [
            ("services", lambda: self._schedule(world)),
            ("schedules", lambda: self._parts.schedules.step(datetime.now(UTC))),
            ("targets", lambda: self._parts.targets.step(world, groups)),
            ("balancer", lambda: self._parts.balancer.step(self._parts.targets.registered)),
            ("tasks", lambda: self._parts.runner.step(world)),
            ("logs", lambda: self._ship(world)),
        ]
        changes = [self._guard.run(name, action) for name, action in steps]
        return any(changes)

    def _run(self) -> None:
        while not self._stopping.is_set():
            if not self._guard.run("pass", self.step):
                self._wake.wait(PASS_SECONDS)
            self._wake.clear()

    def _schedule(self, world: World) -> bool:
        now = datetime.now(UTC)
        actions = [
            action
            for service in world.services
            for action in scheduler.decide(service, world.tasks_of(service), self._parts.targets.health, now)
        ]
        actions += _abandoned(world)
        for action in actions:
            self._act(action)
        return bool(actions)

    def _act(self, action: scheduler.Action) -> None:
        log.info("%s", _sentence(action))
        ecs = self._parts.ecs
        if isinstance(action, Stop):
            ecs.stop_task(cluster=action.task.cluster, task=action.task.arn, reason=action.reason)
        elif isinstance(action, Run):
            service = action.service
            ecs.run_task(
                cluster=service.cluster,
                taskDefinition=service.task_definition,
                count=min(action.count, 10),
                group=f"service:{service.name}",
                startedBy=service.deployment,
                networkConfiguration=service.network,
                **LAUNCHES,
            )
        else:
            ecs.update_service(
                cluster=action.service.cluster, service=action.service.name, taskDefinition=action.task_definition
            )

    def _ship(self, world: World) -> bool:
        for task in world.tasks:
            if task.last == "RUNNING":
                self._guard.run(f"logs of task {task.id}", partial(self._ship_task, task))
        return False

    def _ship_task(self, task: Task) -> bool:
        self._parts.logs.ship(task, self._parts.runner.definition(task.definition))
        return False

    def _live(self) -> list[Any]:
        return [task for task in observe(self._parts.ecs).tasks if task.last != "STOPPED"]


def _abandoned(world: World) -> list[scheduler.Action]:
    """Tasks whose service is no more."""
    names = {(service.cluster, f"service:{service.name}") for service in world.services}
    return [
        Stop(task, "The service was deleted")
        for task in world.tasks
        if task.is_wanted and task.group.startswith("service:") and (task.cluster, task.group) not in names
    ]


def _sentence(action: scheduler.Action) -> str:
    if isinstance(action, Run):
        return f"service {action.service.name}: starting {action.count} task(s) of {action.service.task_definition}"
    if isinstance(action, Stop):
        return f"task {action.task.id}: stopping: {action.reason}"
    return f"service {action.service.name}: circuit breaker: back to {action.task_definition}"
