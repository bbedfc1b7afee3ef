"""A project's two services as a canary moves them: which release each runs, and how many tasks the canary has."""

import math
from collections.abc import Callable, Mapping
from typing import Any

from mlops_lab import catalog
from mlops_lab.delivery.canary.state import Canary
from mlops_lab.delivery.canary.traffic_split import CANARY, STABLE, WHOLE, TrafficSplit
from mlops_lab.delivery.deploy import Release, released
from mlops_lab.delivery.rollout import is_settled, roll, service
from mlops_lab.progress import Say

Json = Mapping[str, Any]
Change = Callable[[Json], dict[str, Any]]  # of a task definition
PATIENCE = 180.0  # seconds until a service has rolled


class Tracks:
    """The services of one project."""

    def __init__(self, ecs: Any, project: str, split: TrafficSplit, say: Say):
        self._ecs, self._split, self._say = ecs, split, say
        self._names = {track: catalog.service(project, track) for track in catalog.TRACKS}

    def definition(self, track: str) -> str:
        """Return the ARN of the task definition that a track's service runs."""
        return str(service(self._ecs, self._names[track])["taskDefinition"])

    def variables(self, track: str) -> dict[str, str]:
        """Return the plain variables of a track's container."""
        arn = self.definition(track)
        container = self._ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"][0]
        return {each["name"]: each["value"] for each in container.get("environment", [])}

    def release(self, canary: Canary, change: Change, alive: Callable[[], None]) -> None:
        """Put the release onto the canary's service, as many tasks as its largest share needs, and see them healthy.

        Args:
            canary: What is released.
            change: Made to its task definition beside the release: a fault, or nothing.
            alive: Called while it waits.

        Raises:
            LabError: The tasks fail, or are not healthy in time.
        """
        stable = service(self._ecs, self._names[STABLE])["desiredCount"]
        tasks = max(1, math.ceil(stable * max(canary.plan) / WHOLE))
        self._roll(CANARY, lambda definition: change(released(definition, _release(canary))), alive, tasks)

    def promote(self, canary: Canary, alive: Callable[[], None]) -> None:
        """Put the release onto the stable service, which keeps as many tasks as it has.

        Raises:
            LabError: The tasks fail, or are not healthy in time.
        """
        self._roll(STABLE, lambda definition: released(definition, _release(canary)), alive, 1)

    def restore(self, definition: str) -> None:
        """Let stable go back to a task definition, without waiting for it."""
        if self.definition(STABLE) != definition:
            self._ecs.update_service(cluster=catalog.CLUSTER, service=self._names[STABLE], taskDefinition=definition)

    def stop(self) -> None:
        """Let the canary have no task."""
        if service(self._ecs, self._names[CANARY])["desiredCount"]:
            self._ecs.update_service(cluster=catalog.CLUSTER, service=self._names[CANARY], desiredCount=0)

    def _roll(self, track: str, change: Change, alive: Callable[[], None], tasks: int) -> None:
        def is_live() -> bool:
            alive()
            found = service(self._ecs, self._names[track])
            return is_settled(found) and self._split.healthy(track) >= found["desiredCount"]

        roll(self._ecs, self._names[track], change, is_live, self._say, PATIENCE, tasks)


def _release(canary: Canary) -> Release:
    return Release(canary.image, canary.bundle_uri, canary.bundle_sha256, canary.version)
