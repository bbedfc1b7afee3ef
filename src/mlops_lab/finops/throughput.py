"""What a thousand predictions cost, from the busiest minute that CloudWatch has measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mlops_lab import catalog
from mlops_lab.cloud import metrics
from mlops_lab.cloud.metrics import Series
from mlops_lab.cloud.session import client, explained
from mlops_lab.pipeline.cost import HOURS
from mlops_lab.pipeline.projection import per_thousand, task_hour
from mlops_lab.settings import Settings

LOOKED_BACK = timedelta(hours=3)


@dataclass(frozen=True)
class Busiest:
    """The period in which a service answered most: when it began, answers a second, tasks, their CPU in per cent."""

    moment: datetime
    rate: float
    tasks: float
    cpu_percent: float


@dataclass(frozen=True)
class Thousand:
    """USD for 1,000 requests of one row at a measured rate: by the tasks alone, and by everything on the bill."""

    project: str
    busiest: Busiest
    by_tasks: float
    by_bill: float


def measure(settings: Settings, project: str, monthly: float) -> Thousand | None:
    """Price what a service answered in its busiest period of three hours; None where nothing was asked.

    Args:
        settings: The target.
        project: Name of the project.
        monthly: USD a month of the whole bill.

    Raises:
        LabError: The service does not exist, or the target does not answer.
    """
    now = datetime.now(UTC)
    found = busiest(metrics.read(settings, project, now - LOOKED_BACK, now))
    if found is None:
        return None
    by_tasks = per_thousand(_task_hour(settings, project) * found.tasks, found.rate)
    return Thousand(project, found, by_tasks, per_thousand(monthly / HOURS, found.rate))


def busiest(series: Mapping[str, Series]) -> Busiest | None:
    """Return the period with most requests, with the tasks that were healthy and their CPU then."""
    requests = series["requests"]
    if not any(requests.values):
        return None
    moment, count = max(requests.points, key=lambda point: point[1])
    tasks, cpu = dict(series["healthy"].points), dict(series["cpu"].points)
    return Busiest(moment, count / requests.period, max(tasks.get(moment, 1.0), 1.0), cpu.get(moment, 0.0))


def _task_hour(settings: Settings, project: str) -> float:
    with explained(settings):
        ecs = client(settings, "ecs")
        (service,) = ecs.describe_services(cluster=catalog.CLUSTER, services=[catalog.service(project)])["services"]
        task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    network: Mapping[str, Any] = service["networkConfiguration"]["awsvpcConfiguration"]
    return task_hour(int(task["cpu"]), int(task["memory"]), network.get("assignPublicIp") == "ENABLED")
