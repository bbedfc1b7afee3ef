"""Puts a model version onto its ECS service and waits until the live API reports it."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from mlops_lab import catalog
from mlops_lab.errors import LabError

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


@dataclass(frozen=True)
class Release:
    """What a deploy puts onto a service."""

    image: str  # by digest
    bundle_uri: str
    bundle_sha256: str
    version: str


@dataclass(frozen=True)
class Deployed:
    """A finished deploy."""

    task_definition: str
    version: str
    seconds: float


def released(definition: Mapping[str, Any], release: Release) -> dict[str, Any]:
    """Return the task definition to register: the present one with the release's image and bundle. Pure."""
    pinned = {"BUNDLE_URI": release.bundle_uri, "BUNDLE_SHA256": release.bundle_sha256}
    container = dict(definition["containerDefinitions"][0])
    kept = [each for each in container.get("environment", []) if each["name"] not in pinned]
    container["environment"] = [*kept, *({"name": name, "value": value} for name, value in pinned.items())]
    container["image"] = release.image
    return _registrable(definition) | {"containerDefinitions": [container, *definition["containerDefinitions"][1:]]}


def _registrable(definition: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in definition.items() if key not in READ_ONLY}


def deploy(
    ecs: Any, project: str, release: Release, url: str, say: Callable[[str], None], timeout: float = 180
) -> Deployed:
    """Register the release's task definition, update the stable service and wait for it to serve.

    Args:
        ecs: boto3 client.
        project: Name of the project.
        release: What to put there.
        url: Base URL of the load balancer.
        say: Gets a line for every step.
        timeout: Seconds until the wait is given up.

    Raises:
        LabError: The service does not exist, its tasks fail, or the live API does not report the version in time.
    """
    start = time.monotonic()
    name = catalog.service(project)
    service = _service(ecs, name)
    arn = service["taskDefinition"]
    present = ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
    # The family's newest: after an apply it is Terraform's, whose size, secrets and roles a release keeps.
    newest = ecs.describe_task_definition(taskDefinition=name)["taskDefinition"]
    wanted = released(newest, release)
    if service["desiredCount"] == 0 or wanted != _registrable(present):
        arn = ecs.register_task_definition(**wanted)["taskDefinition"]["taskDefinitionArn"]
        say(f"registered {arn.rpartition('/')[2]}")
        ecs.update_service(
            cluster=catalog.CLUSTER, service=name, taskDefinition=arn, desiredCount=max(1, service["desiredCount"])
        )
    _wait(ecs, name, arn, f"{url}/{project}/metadata", release, time.monotonic() + timeout)
    return Deployed(arn, release.version, time.monotonic() - start)


def _service(ecs: Any, name: str) -> Mapping[str, Any]:
    answer = ecs.describe_services(cluster=catalog.CLUSTER, services=[name])
    active = [each for each in answer["services"] if each["status"] == "ACTIVE"]
    if not active:
        raise LabError(f"ECS service {name} does not exist in cluster {catalog.CLUSTER}; run `make apply` first.")
    service: Mapping[str, Any] = active[0]
    return service


def _wait(ecs: Any, name: str, arn: str, url: str, release: Release, deadline: float) -> None:
    while not (_is_settled(_service(ecs, name), arn) and _live_hash(url) == release.bundle_sha256):
        if reason := _failure(ecs, name, arn):
            raise LabError(f"{name}: the tasks of {arn.rpartition('/')[2]} fail: {reason}. See `make logs`.")
        if time.monotonic() > deadline:
            raise LabError(f"{name}: version {release.version} is not live at {url} in time; see `make status`.")
        time.sleep(0.3)


def _is_settled(service: Mapping[str, Any], arn: str) -> bool:
    deployments = service["deployments"]
    return (
        len(deployments) == 1
        and service["taskDefinition"] == arn
        and service["runningCount"] == service["desiredCount"] > 0
    )


def _live_hash(url: str) -> str | None:
    try:
        answer = httpx.get(url, timeout=5)
    except httpx.HTTPError:
        return None
    return str(answer.json().get("bundle_sha256")) if answer.is_success else None


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
