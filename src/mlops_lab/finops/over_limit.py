"""Shows that a task's memory limit is enforced: a service of its own whose task takes too much, and what ECS does."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from mlops_lab import catalog
from mlops_lab.cloud.session import client, explained
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

MEMORY = 512  # MiB, the smallest that Fargate has
PATIENCE = 240.0  # seconds; on Fargate an image is pulled for each task
POLL = 1.0
# Takes 32 MiB after 32 MiB, written to so that they are really there, and waits in between to be watched.
GREEDY = "import time\nheld = []\nwhile True:\n    held.append(b'x' * 2**25)\n    time.sleep(0.1)\n"
KILLED = "OutOfMemory"


@dataclass(frozen=True)
class Killed:
    """A task that took more than its limit: how it ended, and the task that replaced it."""

    task: str
    reason: str
    exit_code: int
    replacement: str
    seconds: float  # from its creation until it was replaced


def demonstrate(settings: Settings) -> Killed:
    """Run a task that exceeds its memory in a service of its own, see it killed and replaced, and remove all of it.

    The image is the MLflow server's; nothing that is live is touched, and a run leaves nothing behind.

    Raises:
        LabError: The MLflow server has no service, or the task is not killed and replaced in time.
    """
    with explained(settings):
        ecs = client(settings, "ecs")
        with _greedy_service(ecs) as service:
            return _watch(ecs, service)


@contextmanager
def _greedy_service(ecs: Any) -> Iterator[str]:
    model = ecs.describe_services(cluster=catalog.CLUSTER, services=[catalog.MLFLOW_SERVICE])["services"][0]
    present = ecs.describe_task_definition(taskDefinition=model["taskDefinition"])["taskDefinition"]
    name = f"{catalog.NAME}-over-limit-{uuid4().hex[:8]}"
    definition = ecs.register_task_definition(**greedy(present, name))["taskDefinition"]["taskDefinitionArn"]
    try:
        ecs.create_service(
            cluster=catalog.CLUSTER,
            serviceName=name,
            taskDefinition=definition,
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration=model["networkConfiguration"],
            tags=[{"key": key, "value": value} for key, value in catalog.TAGS.items()],
        )
        yield name
    finally:
        _remove(ecs, name, definition)


def greedy(model: Mapping[str, Any], family: str) -> dict[str, Any]:
    """Return a task definition with a model's image and roles whose one container takes memory without end. Pure."""
    first = model["containerDefinitions"][0]
    container = {"name": "greedy", "image": first["image"], "command": ["-c", GREEDY], "essential": True}
    kept = ("executionRoleArn", "requiresCompatibilities", "networkMode", "runtimePlatform")
    size = {"cpu": "256", "memory": str(MEMORY)}
    return (
        {key: model[key] for key in kept if key in model}
        | size
        | {
            "family": family,
            "containerDefinitions": [container | {"memory": MEMORY}],
        }
    )


def _watch(ecs: Any, service: str) -> Killed:
    deadline, seen = time.monotonic() + PATIENCE, ""
    while time.monotonic() < deadline:
        tasks = _tasks(ecs, service)
        ended = next((task for task in tasks if killed(task)), None)
        others = [task for task in tasks if ended and task["createdAt"] > ended["createdAt"]]
        if ended and others:
            after = min(others, key=lambda task: task["createdAt"])
            return Killed(
                task=_id(ended),
                reason=killed(ended),
                exit_code=ended["containers"][0]["exitCode"],
                replacement=_id(after),
                seconds=(after["createdAt"] - ended["createdAt"]).total_seconds(),
            )
        seen = ", ".join(f"{_id(each)} {each['lastStatus']} {each.get('stoppedReason', '')}" for each in tasks)
        time.sleep(POLL)
    raise LabError(f"No task of {service} was killed and replaced within {PATIENCE:.0f} s: {seen or 'no task'}.")


def killed(task: Mapping[str, Any]) -> str:
    """Return why a task was killed for its memory, or "" where it was not. Pure."""
    reasons = [task.get("stoppedReason"), *(each.get("reason") for each in task["containers"])]
    return next((str(each) for each in reasons if each and KILLED in each), "")


def _tasks(ecs: Any, service: str) -> list[Any]:
    arns = [
        arn
        for status in ("RUNNING", "STOPPED")
        for arn in ecs.list_tasks(cluster=catalog.CLUSTER, serviceName=service, desiredStatus=status)["taskArns"]
    ]
    return list(ecs.describe_tasks(cluster=catalog.CLUSTER, tasks=arns)["tasks"]) if arns else []


def _remove(ecs: Any, service: str, definition: str) -> None:
    known = ecs.describe_services(cluster=catalog.CLUSTER, services=[service])["services"]
    if known:
        ecs.delete_service(cluster=catalog.CLUSTER, service=service, force=True)
    ecs.deregister_task_definition(taskDefinition=definition)


def _id(task: Mapping[str, Any]) -> str:
    return str(task["taskArn"]).rpartition("/")[2]
