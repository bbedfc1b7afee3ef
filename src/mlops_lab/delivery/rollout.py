"""Rolls an ECS service onto another task definition and waits until it serves."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from mlops_lab import catalog
from mlops_lab.errors import LabError
from mlops_lab.progress import Say

Json = Mapping[str, Any]
POLL_SECONDS = 0.3
# What DescribeTaskDefinition adds and RegisterTaskDefinition does not take.
READ_ONLY = (
    "taskDefinitionArn",
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
)


def registrable(definition: Json, **container: Any) -> dict[str, Any]:
    """Return a described task definition as it is registered anew, its first container changed. Pure."""
    first, *others = definition["containerDefinitions"]
    rest = {key: value for key, value in definition.items() if key not in READ_ONLY}
    return rest | {"containerDefinitions": [{**first, **container}, *others]}


def roll(
    ecs: Any,
    name: str,
    change: Callable[[Json], dict[str, Any]],
    is_live: Callable[[], bool],
    say: Say,
    timeout: float,
    tasks: int = 1,
) -> str:
    """Register what `change` makes of a family's newest definition, update the service, return the definition's ARN.

    The newest is Terraform's after an apply: its size, secrets and roles are what a release keeps.

    Args:
        ecs: boto3 client.
        name: Of the service and of its family.
        change: The newest task definition -> the one to register.
        is_live: Whether what is wanted answers.
        say: Gets a line for every step.
        timeout: Seconds until the wait is given up.
        tasks: That run at least.

    Raises:
        LabError: The service does not exist, its tasks fail, or it is not live in time.
    """
    deadline = time.monotonic() + timeout
    found = service(ecs, name)
    arn = str(found["taskDefinition"])
    present = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    wanted = change(ecs.describe_task_definition(taskDefinition=name)["taskDefinition"])
    if found["desiredCount"] < tasks or wanted != registrable(present):
        arn = str(ecs.register_task_definition(**wanted)["taskDefinition"]["taskDefinitionArn"])
        say(f"registered {arn.rpartition('/')[2]}")
        ecs.update_service(
            cluster=catalog.CLUSTER, service=name, taskDefinition=arn, desiredCount=max(tasks, found["desiredCount"])
        )
    _wait(ecs, name, arn, is_live, deadline)
    return arn


def service(ecs: Any, name: str) -> Json:
    """Describe an active service.

    Raises:
        LabError: There is no such service.
    """
    answer = ecs.describe_services(cluster=catalog.CLUSTER, services=[name])
    active = [each for each in answer["services"] if each["status"] == "ACTIVE"]
    if not active:
        raise LabError(f"ECS service {name} does not exist in cluster {catalog.CLUSTER}; run `make apply` first.")
    found: Json = active[0]
    return found


def is_settled(found: Json) -> bool:
    """Whether a described service has one deployment and every task that it wants."""
    return len(found["deployments"]) == 1 and found["runningCount"] == found["desiredCount"] > 0


def _wait(ecs: Any, name: str, arn: str, is_live: Callable[[], bool], deadline: float) -> None:
    while not (is_live() and _runs(service(ecs, name), arn)):
        if reason := _failure(ecs, name, arn):
            raise LabError(f"{name}: the tasks of {arn.rpartition('/')[2]} fail: {reason}. See `make logs`.")
        if time.monotonic() > deadline:
            raise LabError(f"{name}: {arn.rpartition('/')[2]} is not live in time; see `make status`.")
        time.sleep(POLL_SECONDS)


def _runs(found: Json, arn: str) -> bool:
    return is_settled(found) and bool(found["taskDefinition"] == arn)


def _failure(ecs: Any, name: str, arn: str) -> str | None:
    """The reason why tasks of this definition stop, once three have."""
    stopped = ecs.list_tasks(cluster=catalog.CLUSTER, serviceName=name, desiredStatus="STOPPED")["taskArns"]
    if not stopped:
        return None
    tasks = ecs.describe_tasks(cluster=catalog.CLUSTER, tasks=stopped[:100])["tasks"]
    own = [task for task in tasks if task["taskDefinitionArn"] == arn]
    if len(own) < 3:
        return None
    codes = {each.get("exitCode") for task in own for each in task["containers"]} - {None}
    return f"{own[-1].get('stoppedReason')} (exit code {', '.join(map(str, sorted(codes))) or 'none'})"
