"""Faults of the tasks that serve: killed, out of memory, on a full disk."""

import time
from collections.abc import Callable
from typing import Any

from mlops_lab import catalog
from mlops_lab.cloud.session import client
from mlops_lab.finops import over_limit
from mlops_lab.localcloud.driver import Driver
from mlops_lab.localcloud.household import Household
from mlops_lab.serving.prediction_log.journal import RETRY_SECONDS
from mlops_lab.settings import Settings

TOLD_IN_TIME = 30.0  # seconds until ECS says why a task ended
LARGEST = 1024  # bytes of a file on the full disk: a few predictions, the last of them torn
Make = Callable[[Settings], int]  # -> what it met


def killed(service: str) -> Make:
    """Return what sends SIGKILL to every container of a service's tasks."""

    def make(settings: Settings) -> int:
        driver = Household(settings).runtime.driver
        victims = _containers(driver, _tasks(client(settings, "ecs"), service))
        for each in victims:
            driver.kill(each)
        return len(victims)

    return make


def out_of_memory(service: str) -> Make:
    """Return what lets the memory of a service's tasks run out, and counts those that ECS says ended of it."""

    def make(settings: Settings) -> int:
        ecs, driver = client(settings, "ecs"), Household(settings).runtime.driver
        victims = _tasks(ecs, service)
        for each in _containers(driver, victims):
            driver.fill_memory(each)
        late = time.monotonic() + TOLD_IN_TIME
        while (ended := _ended_of_memory(ecs, victims)) < len(victims) and time.monotonic() < late:
            time.sleep(0.5)
        return ended

    return make


def disk_full(seconds: float, *services: str) -> Make:
    """Return what lets the tasks of services write next to nothing for so many seconds, until they log again."""

    def make(settings: Settings) -> int:
        ecs, driver = client(settings, "ecs"), Household(settings).runtime.driver
        victims = _containers(driver, [task for service in services for task in _tasks(ecs, service)])
        try:
            for each in victims:
                driver.limit_files(each, LARGEST)
            time.sleep(seconds)
        finally:
            for each in victims:
                driver.limit_files(each, None)
        time.sleep(RETRY_SECONDS + 0.5)
        return len(victims)

    return make


def _tasks(ecs: Any, service: str) -> list[str]:
    return list(ecs.list_tasks(cluster=catalog.CLUSTER, serviceName=service)["taskArns"])


def _containers(driver: Driver, tasks: list[str]) -> list[str]:
    ids = tuple(arn.rpartition("/")[2] for arn in tasks)
    return [each.id for each in driver.statuses() if each.running and each.id.startswith(ids)] if ids else []


def _ended_of_memory(ecs: Any, tasks: list[str]) -> int:
    if not tasks:
        return 0
    found = ecs.describe_tasks(cluster=catalog.CLUSTER, tasks=tasks)["tasks"]
    return sum(bool(over_limit.killed(task)) for task in found)
