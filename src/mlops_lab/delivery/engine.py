"""The container engine, where one answers."""

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

import docker  # type: ignore[import-untyped]

from mlops_lab.errors import LabError

PROBE_SECONDS = 5.0
DESKTOP = "Docker Desktop"


@dataclass(frozen=True)
class Engine:
    """A container engine that answered ``docker info``."""

    endpoint: str  # as DOCKER_HOST names it
    version: str
    operating_system: str
    has_default_network: bool  # False where dockerd was started with --bridge=none

    @property
    def is_local(self) -> bool:
        """Whether it runs on this machine, so that its containers can reach what listens here and be reached."""
        address = urlsplit(self.endpoint)
        return address.scheme in ("unix", "npipe") or address.hostname in ("127.0.0.1", "localhost")

    @property
    def network(self) -> Literal["host", "bridge"]:
        """How containers and this machine's loopback reach each other.

        An engine of this Linux shares its loopback through the host's network. One in a virtual machine (Docker
        Desktop, macOS, Windows) does not; there published ports and ``host.docker.internal`` do.
        """
        return "host" if sys.platform == "linux" and self.operating_system != DESKTOP else "bridge"

    @property
    def build_options(self) -> tuple[str, ...]:
        """What ``docker build`` needs so that a RUN step has a network."""
        return () if self.has_default_network else ("--network", "host")

    @cached_property
    def client(self) -> Any:
        """An Engine API client; a call that takes longer than ten seconds raises an OSError."""
        return docker.APIClient(base_url=self.endpoint, version="auto", timeout=10)


def find_engine() -> Engine | None:
    """Ask ``docker info``, which follows DOCKER_HOST and Docker's contexts; None where nothing answers in time."""
    information = json.loads(_ask("info", "--format", "{{json .}}") or "{}")
    endpoint = _ask("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
    if not information.get("ServerVersion") or not endpoint:
        return None
    return Engine(
        endpoint=endpoint,
        version=information["ServerVersion"],
        operating_system=information.get("OperatingSystem", ""),
        has_default_network="bridge" in (_ask("network", "ls", "--format", "{{.Name}}") or "").split(),
    )


def choose_engine(driver: str) -> Engine | None:
    """Return the engine that the setting LAB_DRIVER asks for: auto, docker or process; None means process.

    Raises:
        LabError: The setting is docker and no engine answers.
    """
    engine = None if driver == "process" else find_engine()
    if driver == "docker" and engine is None:
        raise LabError("LAB_DRIVER is 'docker', but `docker info` gets no answer; start Docker or set DOCKER_HOST.")
    return engine


def _ask(*arguments: str) -> str | None:
    try:
        answer = subprocess.run(
            ["docker", *arguments], capture_output=True, text=True, timeout=PROBE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()
