"""Rotation of a secret without a failed request: a new value is accepted before it is used, and the old one after.

Tasks accept two keys, injected by reference from two parameters. First all tasks learn the new key beside the old one,
then clients find the new one, and last all tasks forget the old one. In every state in between, whoever uses the key
that the first parameter holds is admitted: an interrupted rotation is simply made again.
"""

import secrets
import time
from dataclasses import dataclass
from typing import Any

import httpx

from mlops_lab import catalog, projects
from mlops_lab.cloud.api import base_url
from mlops_lab.cloud.session import client, explained
from mlops_lab.errors import LabError
from mlops_lab.progress import Say
from mlops_lab.serving.fingerprint import fingerprint
from mlops_lab.settings import Settings

ROTATED = {"api-key": (catalog.API_KEY_PARAMETER, catalog.OTHER_KEY_PARAMETER)}
VARIABLE, OTHER_VARIABLE = "API_KEY", "API_KEY_OTHER"  # that bring the keys to a task
BYTES = 30  # of randomness: 40 characters
PATIENCE = 300.0  # seconds until a service has rolled
LOOK = 0.5  # seconds between two looks


@dataclass(frozen=True)
class Rotation:
    """A finished rotation, told by fingerprints."""

    parameter: str
    before: str
    after: str
    services: tuple[str, ...]


def rotate(settings: Settings, secret: str, say: Say, overlap: float = 0.0) -> Rotation:
    """Give a secret a new random value.

    Args:
        settings: The target.
        secret: Its name, one of `ROTATED`.
        say: Gets a line for every step.
        overlap: Seconds in which both keys are accepted after clients can read the new one.

    Raises:
        LabError: There is no such secret, a service does not roll in time, or the live API refuses the new key or
            still takes the old one.
    """
    if secret not in ROTATED:
        raise LabError(f"SECRET is {secret!r}; use one of {', '.join(ROTATED)}.")
    used, other = ROTATED[secret]
    with explained(settings):
        return _rotate(settings, Parameters(client(settings, "ssm")), used, other, say, overlap)


def _rotate(settings: Settings, held: "Parameters", used: str, other: str, say: Say, overlap: float) -> Rotation:
    services = Services(client(settings, "ecs"))
    old, new = held.get(used), secrets.token_urlsafe(BYTES)
    held.put(other, new)
    say(f"{other} holds the new key {fingerprint(VARIABLE, new)}")
    rolled = services.roll(say)
    held.put(used, new)
    held.put(other, old)
    say(f"clients read the new key from {used}; the old one {fingerprint(VARIABLE, old)} is still taken")
    time.sleep(overlap)
    held.put(other, new)
    services.roll(say)
    for name in rolled:
        _verify(settings, name, new, old)
    say(f"{len(rolled)} services take the new key and refuse the old one")
    return Rotation(used, fingerprint(VARIABLE, old), fingerprint(VARIABLE, new), rolled)


class Parameters:
    """SSM's SecureStrings; values never leave this module but to their parameter and to the live API."""

    def __init__(self, ssm: Any):
        self._ssm = ssm

    def get(self, name: str) -> str:
        """Read a value."""
        return str(self._ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"])

    def put(self, name: str, value: str) -> None:
        """Write a value."""
        self._ssm.put_parameter(Name=name, Value=value, Type="SecureString", Overwrite=True)


class Services:
    """The lab's services that run tasks and read the keys."""

    def __init__(self, ecs: Any):
        self._ecs = ecs

    def roll(self, say: Say) -> tuple[str, ...]:
        """Replace every task, one deployment a service, side by side; return the services' names.

        Raises:
            LabError: A service's tasks do not read the second key, or it does not roll in time.
        """
        running = [each for each in self._described() if each["desiredCount"]]
        for each in running:
            self._require_both(each)
            self._ecs.update_service(cluster=catalog.CLUSTER, service=each["serviceName"], forceNewDeployment=True)
        names = tuple(each["serviceName"] for each in running)
        self._wait(names)
        say(f"rolled: {', '.join(names) or 'no service runs'}")
        return names

    def _require_both(self, service: dict[str, Any]) -> None:
        arn = service["taskDefinition"]
        definition = self._ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]
        read = {each["name"] for each in definition["containerDefinitions"][0].get("secrets", [])}
        if not {VARIABLE, OTHER_VARIABLE} <= read:
            raise LabError(f"{service['serviceName']} reads {sorted(read)} and no second key; run `make apply deploy`.")

    def _wait(self, names: tuple[str, ...]) -> None:
        deadline = time.monotonic() + PATIENCE
        while pending := [
            each["serviceName"] for each in self._described() if each["serviceName"] in names and not _settled(each)
        ]:
            if time.monotonic() > deadline:
                raise LabError(
                    f"{', '.join(pending)} did not roll in {PATIENCE:g} s; see `make status`, then rotate again."
                )
            time.sleep(LOOK)

    def _described(self) -> list[dict[str, Any]]:
        names = [catalog.service(project, track) for project in projects.repositories() for track in catalog.TRACKS]
        found = self._ecs.describe_services(cluster=catalog.CLUSTER, services=names)["services"]
        return [each for each in found if each["status"] == "ACTIVE"]


def _settled(service: dict[str, Any]) -> bool:
    return len(service["deployments"]) == 1 and service["runningCount"] == service["desiredCount"]


def _verify(settings: Settings, service: str, new: str, old: str) -> None:
    """Ask a stable service's live API with both keys; a canary has a share of the same path."""
    project = service.removeprefix(f"{catalog.NAME}-").rpartition("-")[0]
    url, body = f"{base_url(settings)}/{project}/predict", {"instances": [dict(projects.get(project).example)]}
    for key, wanted in ((new, 200), (old, 401)):
        found = httpx.post(url, json=body, headers={"x-api-key": key}, timeout=10).status_code
        if found != wanted:
            raise LabError(
                f"{url} answered {found} to the key {fingerprint(VARIABLE, key)}, expected {wanted};"
                " see `make status`, then rotate again."
            )
