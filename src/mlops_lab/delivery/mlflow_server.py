"""Brings up the lab's MLflow server, and tells whether it answers."""

from collections.abc import Callable

import httpx

from mlops_lab import catalog
from mlops_lab.cloud import api
from mlops_lab.cloud.session import client, explained
from mlops_lab.delivery import image
from mlops_lab.delivery.built import Built
from mlops_lab.delivery.rollout import registrable, roll
from mlops_lab.settings import Settings

START_SECONDS = 180


def answers(settings: Settings) -> bool:
    """Whether the server is healthy behind the balancer."""
    try:
        return httpx.get(f"{api.mlflow_uri(settings)}/health", timeout=5).is_success
    except httpx.HTTPError:
        return False


def ensure(settings: Settings, built: Built | None, say: Callable[[str], None]) -> None:
    """Release the jobs image onto the server unless it answers: one that works is left alone.

    Raises:
        LabError: The image cannot be built or pushed, or the server does not come up.
    """
    if not answers(settings):
        release(settings, built or image.build(catalog.JOBS, settings, say), say)


def release(settings: Settings, built: Built, say: Callable[[str], None]) -> None:
    """Release an image onto the server and wait until it answers.

    Raises:
        LabError: The image cannot be pushed, or the server does not come up.
    """
    uri = image.push(built, settings, say).uri
    with explained(settings):
        ecs = client(settings, "ecs")
        roll(
            ecs,
            catalog.MLFLOW_SERVICE,
            lambda definition: registrable(definition, image=uri),
            lambda: answers(settings),
            say,
            START_SECONDS,
        )
    say(f"MLflow answers at {api.mlflow_uri(settings)}")
