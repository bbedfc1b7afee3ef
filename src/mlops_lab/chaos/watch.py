"""Looks at weights, targets, services and the registry while something goes wrong, and says when all is as before."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import httpx
from botocore.exceptions import BotoCoreError, ClientError

from mlops_lab import catalog
from mlops_lab.chaos.faults import PROJECT
from mlops_lab.chaos.invariants import Look, Standing
from mlops_lab.cloud import api
from mlops_lab.cloud.session import account, client
from mlops_lab.delivery.canary.state import Store
from mlops_lab.delivery.canary.traffic_split import CANARY, STABLE, TrafficSplit
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
        self._s3: Any = client(settings, "s3")
        self._bucket = catalog.predictions_bucket(account(settings))
        self._split = TrafficSplit(client(settings, "elbv2"), PROJECT)
        self._addresses = set[str]()  # of serving tasks, that have ever been a target
        self._mlflow = api.mlflow_uri(settings)

    def look(self) -> Look:
        """Ask everybody once; who does not answer is None."""
        return Look(
            weights=_asked(self._split.weights),
            healthy=_asked(lambda: {track: self._split.healthy(track) for track in catalog.TRACKS}),
            wanted=_asked(lambda: int(service(self._ecs, catalog.service(PROJECT))["desiredCount"])),
            champions=_asked(lambda: len(self._champions())),
            shed=_asked(self._shed),
        )

    def standing(self) -> Standing:
        """Ask everybody who has a part of it who is in charge."""
        canary = catalog.service(PROJECT, CANARY)
        record = _asked(self._record)
        return Standing(
            live_versions=_asked(self._live_versions),
            champion=_asked(lambda: _joined(self._champions())),
            canary_weight=_asked(self._split.read),
            recorded_weight=record[0] if record else None,
            open_canary=record[1] if record else None,
            canary_tasks=_asked(lambda: int(service(self._ecs, canary)["desiredCount"])),
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

    def _champions(self) -> list[str]:
        """List the versions that the registry's server gives the alias to; itself, not through MLflow's retries."""
        url = f"{self._mlflow}/api/2.0/mlflow/registered-models/get"
        answer = httpx.get(url, params={"name": PROJECT}, timeout=2, trust_env=False)
        aliases = answer.raise_for_status().json()["registered_model"].get("aliases", [])
        return [str(each["version"]) for each in aliases if each["alias"] == CHAMPION]

    def _shed(self) -> dict[str, int]:
        """What each serving task has not logged since its start; a task that does not answer is left out.

        One that is no target any more is asked until it ends, for it may have answered after the last look.
        """
        for track in catalog.TRACKS:
            self._addresses.update(self._split.targets(track))
        logs = {address: each["since_start"]["prediction_log"] for address, each in _told(self._addresses).items()}
        return {address: int(log["shed"]) for address, log in logs.items() if log}

    def _live_versions(self) -> str:
        healthy = [address for address, state in self._split.targets(STABLE).items() if state == "healthy"]
        return _joined(str(each["version"]) for each in _told(healthy).values())

    def _record(self) -> tuple[int, bool]:
        """The weight of the latest canary by its record, and whether it is open; there may never have been one."""
        found = Store(self._s3, self._bucket, PROJECT, owner="").read()
        return (found.weight, found.is_open) if found else (0, False)


@contextmanager
def looking(watch: Watch) -> Iterator[list[Look]]:
    """Look again and again while the context lasts, and once before and after it."""
    looks = [watch.look()]
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
        looks.append(watch.look())


def _told(addresses: Iterable[str]) -> dict[str, Any]:
    """The metadata of serving tasks, asked of themselves and not of the balancer; who does not answer is left out."""
    told = dict[str, Any]()
    for address in addresses:
        with suppress(httpx.HTTPError):
            answer = httpx.get(f"http://{address}/metadata", timeout=1, trust_env=False)
            told |= {address: answer.json()} if answer.is_success else {}
    return told


def _joined(versions: Iterable[str]) -> str:
    return ", ".join(sorted(set(versions)))


def _asked(question: Callable[[], T]) -> T | None:
    try:
        return question()
    except SILENT:
        return None
