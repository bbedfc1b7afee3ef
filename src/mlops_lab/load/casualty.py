"""One of a service's tasks is stopped while load is offered: what its clients see, and how soon it is replaced."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mlops_lab import catalog
from mlops_lab.cloud import scaling
from mlops_lab.cloud.session import client, explained
from mlops_lab.errors import LabError
from mlops_lab.load.live import aim, offer
from mlops_lab.load.profile import constant
from mlops_lab.load.summary import Summary
from mlops_lab.settings import Settings

RATE = 20.0  # requests a second
SECONDS = 300.0  # that the load lasts at most
SETTLE = 3.0  # seconds of load before the task is stopped, and after it is replaced
LOOK = 0.5  # seconds between two looks
PATIENCE = 240.0  # seconds until tasks are up, or the stopped one is replaced
TASKS = 2  # as few leave one that goes on answering


@dataclass(frozen=True)
class Casualty:
    """What came of it."""

    task: str
    stopped_second: int  # of the load
    replaced_seconds: float
    summary: Summary

    @property
    def in_flight(self) -> int:
        """Requests that can have been under way at the stop: the most at the end of a second until then, and one.

        Later seconds do not count: requests that wait for answers pile up there, and would excuse themselves.
        """
        return 1 + max(each.in_flight for each in self.summary.timeline[: self.stopped_second + 1])


def stop_a_task(settings: Settings, project: str) -> Casualty:
    """Stop one of at least two tasks under load and wait until as many are healthy again; then let go of the second.

    Raises:
        LabError: The project is not live, or its tasks do not come up in time.
    """
    service = Service(settings, project)
    target = aim(settings, project)
    with (
        scaling.at_least(settings, project, TASKS),
        service.at_least(TASKS),
        ThreadPoolExecutor(1, thread_name_prefix="casualty") as pool,
    ):
        stop = threading.Event()
        running = pool.submit(offer, target, constant(RATE, SECONDS), stop=stop)
        try:
            time.sleep(SETTLE)
            before = service.healthy()
            stopped = datetime.now(UTC)
            task, start = service.stop_one(), time.monotonic()
            service.wait(lambda: bool(service.healthy() - before), f"{task} is replaced")
            seconds = time.monotonic() - start
            time.sleep(SETTLE)
        finally:
            stop.set()
        summary = running.result()
    return Casualty(task, int((stopped - summary.started).total_seconds()), seconds, summary)


class Service:
    """A project's stable service and its targets."""

    def __init__(self, settings: Settings, project: str):
        self._settings, self._name = settings, catalog.service(project)
        self._ecs, self._elbv2 = client(settings, "ecs"), client(settings, "elbv2")
        with explained(settings):
            groups = self._elbv2.describe_target_groups(Names=[self._name])["TargetGroups"]
        self._group = groups[0]["TargetGroupArn"]

    def tasks(self) -> list[str]:
        """ARNs of the tasks that run."""
        with explained(self._settings):
            arns: list[str] = self._ecs.list_tasks(cluster=catalog.CLUSTER, serviceName=self._name)["taskArns"]
        return arns

    def healthy(self) -> set[tuple[str, int]]:
        """Addresses of the healthy targets."""
        with explained(self._settings):
            found = self._elbv2.describe_target_health(TargetGroupArn=self._group)["TargetHealthDescriptions"]
        return {
            (each["Target"]["Id"], each["Target"]["Port"])
            for each in found
            if each["TargetHealth"]["State"] == "healthy"
        }

    def stop_one(self) -> str:
        """Stop a task and return its ARN."""
        task = sorted(self.tasks())[0]
        with explained(self._settings):
            self._ecs.stop_task(cluster=catalog.CLUSTER, task=task, reason="one task less, to see what clients see")
        return task

    @contextmanager
    def at_least(self, count: int) -> Iterator[None]:
        """Have so many healthy tasks meanwhile; afterwards as many are wanted as before."""
        before = self._described()["desiredCount"]
        if before == 0:
            raise LabError(f"{self._name} has no tasks; run `make deploy` first.")
        self._want(max(before, count))
        try:
            self.wait(lambda: len(self.healthy()) >= count, f"{count} tasks are healthy")
            yield
        finally:
            self._want(before)

    def wait(self, reached: Callable[[], bool], what: str) -> None:
        """Wait until something is reached.

        Raises:
            LabError: It is not, in time.
        """
        deadline = time.monotonic() + PATIENCE
        while not reached():
            if time.monotonic() > deadline:
                raise LabError(f"{self._name}: not after {PATIENCE:g} s: {what}; see `make status`.")
            time.sleep(LOOK)

    def _described(self) -> dict[str, Any]:
        with explained(self._settings):
            answer = self._ecs.describe_services(cluster=catalog.CLUSTER, services=[self._name])["services"]
        service: dict[str, Any] = answer[0]
        return service

    def _want(self, count: int) -> None:
        with explained(self._settings):
            self._ecs.update_service(cluster=catalog.CLUSTER, service=self._name, desiredCount=count)
