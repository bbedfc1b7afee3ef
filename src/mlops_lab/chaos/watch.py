"""Looks at weights, targets, services and the registry while something goes wrong, and says when all is as before."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from mlops_lab import catalog
from mlops_lab.chaos.faults import PROJECT
from mlops_lab.chaos.invariants import Look
from mlops_lab.cloud import api
from mlops_lab.cloud.session import client
from mlops_lab.delivery.canary.traffic_split import STABLE, TrafficSplit
from mlops_lab.delivery.rollout import service
from mlops_lab.errors import LabError
from mlops_lab.registry.tracking import CHAMPION
from mlops_lab.settings import Settings

T = TypeVar("T")
SECONDS = 0.5  # between two looks
RECOVERED_IN_TIME = 120.0
SILENT = (BotoCoreError, ClientError, LabError, httpx.HTTPError, OSError)


class Watch:
    """The lab's own view of itself, through its APIs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._ecs: Any = client(settings, "ecs")
        self._split = TrafficSplit(client(settings, "elbv2"), PROJECT)
        self._mlflow = api.mlflow_uri(settings)

    def look(self) -> Look:
        """Ask everybody once; who does not answer is None."""
        return Look(
            weights=_asked(self._split.weights),
            healthy=_asked(lambda: {track: self._split.healthy(track) for track in catalog.TRACKS}),
            wanted=_asked(lambda: int(service(self._ecs, catalog.service(PROJECT))["desiredCount"])),
            champions=_asked(self._champions),
        )

    def is_sound(self) -> bool:
        """Whether everything is as it should be: tasks, targets, weights, registry, and a prediction."""
        look = self.look()
        if look.healthy is None or look.weights is None or look.champions != 1:
            return False
        if look.weights.get(STABLE) != 100 or look.healthy[STABLE] < 1:
            return False
        names = (*(catalog.service(PROJECT, track) for track in catalog.TRACKS), catalog.MLFLOW_SERVICE)
        if not all(_asked(lambda name=name: self._runs(name)) for name in names):  # type: ignore[misc]
            return False
        return _asked(lambda: api.predict_example(self._settings, PROJECT)) is not None

    def recovery(self) -> float | None:
        """Wait until everything is as it should be, and return the seconds; None where it is not in time."""
        began = time.monotonic()
        while time.monotonic() - began < RECOVERED_IN_TIME:
            if self.is_sound():
                return time.monotonic() - began
            time.sleep(SECONDS)
        return None

    def _runs(self, name: str) -> bool:
        found = service(self._ecs, name)
        return bool(found["runningCount"] == found["desiredCount"] and len(found["deployments"]) == 1)

    def _champions(self) -> int:
        """Count the versions that the registry's server gives the alias to; itself, not through MLflow's retries."""
        url = f"{self._mlflow}/api/2.0/mlflow/registered-models/get"
        answer = httpx.get(url, params={"name": PROJECT}, timeout=2, trust_env=False)
        aliases = answer.raise_for_status().json()["registered_model"].get("aliases", [])
        return sum(each["alias"] == CHAMPION for each in aliases)


@contextmanager
def looking(watch: Watch) -> Iterator[list[Look]]:
    """Look again and again while the context lasts."""
    looks: list[Look] = []
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(SECONDS):
            looks.append(watch.look())

    thread = threading.Thread(target=run, name="chaos-watch")
    thread.start()
    try:
        yield looks
    finally:
        ended.set()
        thread.join()


def _asked(question: Callable[[], T]) -> T | None:
    try:
        return question()
    except SILENT:
        return None
