"""Puts a model version onto its ECS service and waits until the live API reports it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from mlops_lab import catalog
from mlops_lab.delivery.rollout import registrable, roll
from mlops_lab.progress import Say


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
    container = definition["containerDefinitions"][0]
    kept = [each for each in container.get("environment", []) if each["name"] not in pinned]
    environment = [*kept, *({"name": name, "value": value} for name, value in pinned.items())]
    return registrable(definition, environment=environment, image=release.image)


def deploy(ecs: Any, project: str, release: Release, url: str, say: Say, timeout: float = 180) -> Deployed:
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
    arn = roll(
        ecs,
        catalog.service(project),
        lambda definition: released(definition, release),
        lambda: _live_hash(f"{url}/{project}/metadata") == release.bundle_sha256,
        say,
        timeout,
    )
    return Deployed(arn, release.version, time.monotonic() - start)


def _live_hash(url: str) -> str | None:
    try:
        answer = httpx.get(url, timeout=5)
    except httpx.HTTPError:
        return None
    return str(answer.json().get("bundle_sha256")) if answer.is_success else None
