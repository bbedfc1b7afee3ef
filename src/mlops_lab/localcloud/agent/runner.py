"""Makes ECS tasks run: starts, watches, drains and stops their containers, and reports what became of them."""

import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mlops_lab.localcloud.agent import definition as definitions
from mlops_lab.localcloud.agent import secrets
from mlops_lab.localcloud.agent.guard import Guard
from mlops_lab.localcloud.agent.observation import Clients, Json, Task, World
from mlops_lab.localcloud.driver import CannotStartError, Driver, Status

LOOPBACK = "127.0.0.1"
LOST = "The host of the task was restarted"
EXITED = "Essential container in task exited"


@dataclass
class Stopping:
    """When a task that is to stop gets its signals, in seconds of the monotonic clock."""

    terminate_at: float
    kill_at: float
    terminated: bool = False


class Runner:
    """Keeps a driver's containers equal to the tasks that ECS wants."""

    def __init__(
        self,
        driver: Driver,
        ecs: Any,
        clients_of_role: Callable[[str | None], Clients],
        injected: Callable[[Task, Json], Mapping[str, str]],
        ended: Callable[[Task, Json], None],
        drain_seconds: Callable[[Task], float],
        volumes: Path,
    ):
        self._driver = driver
        self._ecs = ecs
        self._clients_of_role = clients_of_role  # execution role -> clients
        self._injected = injected  # variables that the agent adds to a task's containers
        self._ended = ended  # called before a task's containers are removed
        self._drain_seconds = drain_seconds
        self._volumes = volumes  # folder of those that outlive their tasks
        self._definitions: dict[str, Json] = {}
        self._stopping: dict[str, Stopping] = {}
        self._guard = Guard()

    def step(self, world: World) -> bool:
        """Bring every task one step on, where one that fails holds up no other; return whether anything was changed."""
        statuses = {status.id: status for status in self._driver.statuses()}
        live = [task for task in world.tasks if task.last != "STOPPED"]
        changes = [self._guard.run(f"task {task.id}", partial(self._advance, task, statuses)) for task in live]
        orphans = self._remove_orphans(live, statuses)
        return any(changes) or orphans

    def definition(self, arn: str) -> Json:
        """The task definition; they never change, so each is read once."""
        if arn not in self._definitions:
            self._definitions[arn] = self._ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        return self._definitions[arn]

    def _advance(self, task: Task, statuses: Mapping[str, Status]) -> bool:
        definition = self.definition(task.definition)
        names = [each["name"] for each in definition["containerDefinitions"]]
        own = {name: statuses.get(definitions.container_id(task, name)) for name in names}
        if task.desired == "STOPPED":
            return self._stop(task, definition, own)
        if task.last != "RUNNING":
            return self._launch(task, definition, own)
        return self._watch(task, definition, own)

    def _launch(self, task: Task, definition: Json, own: Mapping[str, Status | None]) -> bool:
        try:
            ports = task.ports or free_ports(definitions.port_mappings(definition))
            # The ports are reported first: an agent that dies between here and the start finds them again.
            self._report(task, "PENDING", own, ports=ports)
            values = secrets.resolve(definition, self._clients_of_role(definition.get("executionRoleArn")))
            injected = self._injected(task, definition)
            for container in definitions.containers(task, definition, values, ports, injected, self._volumes):
                if not any(status and status.id == container.id and status.running for status in own.values()):
                    self._driver.start(container)
        except CannotStartError as error:
            self._report(task, "STOPPED", own, reason=str(error))
            return True
        running = {name: Status(definitions.container_id(task, name), running=True) for name in own}
        self._report(task, "RUNNING", running, ports=ports)
        return True

    def _watch(self, task: Task, definition: Json, own: Mapping[str, Status | None]) -> bool:
        if any(status is None for status in own.values()):
            self._ecs.stop_task(cluster=task.cluster, task=task.arn, reason=LOST)
            return True
        over = any(not own[name].running for name in definitions.essential(definition))  # type: ignore[union-attr]
        if not over or not self._end(task, definition, own, drain=0):
            return False
        self._finish(task, definition, own, EXITED)
        return True

    def _stop(self, task: Task, definition: Json, own: Mapping[str, Status | None]) -> bool:
        if not self._end(task, definition, own, drain=self._drain_seconds(task)):
            return False
        self._finish(task, definition, own, task.stopped_reason or "Task stopped")
        return True

    def _end(self, task: Task, definition: Json, own: Mapping[str, Status | None], drain: float) -> bool:
        """Drain, SIGTERM, then SIGKILL after the stop timeout; return whether all containers have ended."""
        running = [status.id for status in own.values() if status and status.running]
        if not running:
            return True
        now = time.monotonic()
        timeout = definitions.stop_timeout(definition)
        plan = self._stopping.setdefault(task.id, Stopping(now + drain, now + drain + timeout))
        for container_id in running:
            if now >= plan.kill_at:
                self._driver.kill(container_id)
            elif now >= plan.terminate_at and not plan.terminated:
                self._driver.terminate(container_id)
        plan.terminated = plan.terminated or now >= plan.terminate_at
        return False

    def _finish(self, task: Task, definition: Json, own: Mapping[str, Status | None], reason: str) -> None:
        self._stopping.pop(task.id, None)
        self._ended(task, definition)
        self._report(task, "STOPPED", own, reason=reason)
        for status in own.values():
            if status:
                self._driver.remove(status.id)

    def _report(
        self,
        task: Task,
        status: str,
        own: Mapping[str, Status | None],
        ports: Mapping[tuple[str, int], int] | None = None,
        reason: str | None = None,
    ) -> None:
        containers = [_state(name, status, each, ports or {}) for name, each in own.items()]
        extra = {"reason": reason} if reason else {}
        self._ecs.submit_task_state_change(
            cluster=task.cluster, task=task.arn, status=status, containers=containers, **extra
        )

    def _remove_orphans(self, live: Iterable[Task], statuses: Mapping[str, Status]) -> bool:
        prefixes = tuple(f"{task.id}-" for task in live)
        orphans = [status for status in statuses.values() if not status.id.startswith(prefixes or ("/",))]
        for orphan in orphans:
            if orphan.running:
                self._driver.kill(orphan.id)
            else:
                self._driver.remove(orphan.id)
        return bool(orphans)


def free_ports(mappings: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Choose a free loopback port for every (container, container port); all differ."""
    held: list[socket.socket] = []
    ports = {}
    for mapping in mappings:
        listener = socket.socket()
        listener.bind((LOOPBACK, 0))
        held.append(listener)
        ports[mapping] = listener.getsockname()[1]
    for listener in held:
        listener.close()
    return ports


def _state(name: str, task_status: str, status: Status | None, ports: Mapping[tuple[str, int], int]) -> dict[str, Any]:
    state: dict[str, Any] = {"containerName": name, "status": task_status}
    bindings = [
        {"bindIP": LOOPBACK, "containerPort": port, "hostPort": host, "protocol": "tcp"}
        for (container, port), host in ports.items()
        if container == name
    ]
    if bindings:
        state["networkBindings"] = bindings
    if status and not status.running and status.exit_code is not None:
        state["exitCode"] = status.exit_code
    if status and status.reason:
        state["reason"] = status.reason
    return state
