"""What the agent asks of the thing that runs containers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


class CannotStartError(Exception):
    """A container could not be started; the message is an ECS stopped reason (``CannotPullContainerError: ...``)."""


@dataclass(frozen=True)
class Container:
    """One container of a task, ready to start: secrets are resolved, ports are chosen."""

    id: str  # unique and safe as a file and container name: "<task id>-<container name>"
    image: str  # as the task definition names it: "<registry>/<repository>@sha256:<hex>" or ":<tag>"
    environment: Mapping[str, str] = field(default_factory=dict)
    entry_point: tuple[str, ...] | None = None  # None: the image's own
    command: tuple[str, ...] | None = None  # None: the image's own
    ports: Mapping[int, int] = field(default_factory=dict)  # container port -> port on 127.0.0.1
    memory_mib: int | None = None  # hard limit
    cpu_units: int | None = None  # 1024 units are one vCPU
    user: str | None = None
    read_only_root: bool = False
    mounts: Mapping[str, Path] = field(default_factory=dict)  # path in the container -> folder on this machine


@dataclass(frozen=True)
class Status:
    """What a container is doing now."""

    id: str
    running: bool
    exit_code: int | None = None  # 137 where SIGKILL ended it
    reason: str | None = None  # as ECS words it: "OutOfMemoryError: ..."


@dataclass(frozen=True)
class Usage:
    """What a container has used."""

    cpu_seconds: float  # since its start
    memory_bytes: int  # now


@dataclass(frozen=True)
class LogLine:
    """A line a container wrote to stdout or stderr."""

    timestamp: int  # milliseconds since the epoch
    message: str


class Driver(Protocol):
    """Runs containers that outlive the agent: a restarted agent finds them again by id."""

    name: str

    def start(self, container: Container) -> None:
        """Start a container; raise CannotStartError where it cannot be."""

    def statuses(self) -> list[Status]:
        """Every container of this driver that has not been removed, running or not."""

    def terminate(self, container_id: str) -> None:
        """Send SIGTERM and return at once; an unknown or stopped container is no error."""

    def kill(self, container_id: str) -> None:
        """Send SIGKILL and return at once; an unknown or stopped container is no error."""

    def remove(self, container_id: str) -> None:
        """Forget a stopped container and its log."""

    def fill_memory(self, container_id: str) -> None:
        """Let a running container's memory run out, so that what enforces its limit kills it; else it is no error."""

    def limit_files(self, container_id: str, size: int | None) -> None:
        """Let a running container write no file beyond so many bytes, as on a full disk; None: as before."""

    def usage(self, container_id: str) -> Usage | None:
        """CPU and memory of a running container; None where it does not run."""

    def logs(self, container_id: str, cursor: str | None) -> tuple[list[LogLine], str | None]:
        """Lines written since the cursor (None: from the start), and the cursor after them."""
