"""Runs containers in a container engine, through the Engine API."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any

from docker.errors import APIError, ImageNotFound, NotFound  # type: ignore[import-untyped]

from mlops_lab.localcloud import docker_log
from mlops_lab.localcloud.docker_creation import Network, environment, host_config, reference
from mlops_lab.localcloud.driver import CannotStartError, Container, LogLine, Status, Usage

CLOUD = "mlops-lab.cloud"
CONTAINER = "mlops-lab.container"
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
RUNNING = ("running", "paused", "restarting")
PULL_SECONDS = 300
CONFLICT = 409
# What an application's memory and files are disturbed by, in its container and as its user; it is process 1 there.
TAKES_MEMORY = """
with open("/proc/1/oom_score_adj", "w") as score:
    score.write("1000")  # the kernel takes process 1 before the one that fills the memory
held = []
while True:
    held.append(b"x" * 2**24)
"""
LIMITS_FILES = """
from resource import RLIMIT_FSIZE, prlimit
_, hard = prlimit(1, RLIMIT_FSIZE)
prlimit(1, RLIMIT_FSIZE, (hard if {size} is None else {size}, hard))
"""


class DockerDriver:
    """A driver that touches only the containers it has labelled as its own.

    An engine that is slow or away raises an OSError (what `docker` and `requests` raise are such), after which the
    agent tries again at its next pass; containers go on meanwhile.
    """

    name = "docker"

    def __init__(self, client: Any, cloud: str, network: Network, registries: Mapping[str, str]):
        """Take the engine.

        Args:
            client: A ``docker.APIClient``.
            cloud: Identifies the embedded cloud whose containers these are; part of their names.
            network: How containers and loopback reach each other, see `docker_creation`.
            registries: Registry host in image references -> the host that answers for it here.
        """
        self._client = client
        self._cloud = cloud
        self._network = network
        self._registries = registries
        self._ended: dict[str, Status] = {}  # an ended container does not change again

    def start(self, container: Container) -> None:
        """Pull the image if the engine has not got it, create the container and start it."""
        image = reference(container.image, self._registries)
        self._require(image, container.image)
        self._discard(container.id)
        for folder in container.mounts.values():
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o777)  # the container's user is another one than this machine's
        try:
            self._client.start(self._create(container, image))
        except APIError as error:
            raise CannotStartError(f"CannotStartContainerError: {_sentence(error)}") from error

    def statuses(self) -> list[Status]:
        """Every container with this cloud's label."""
        found = self._client.containers(all=True, filters={"label": f"{CLOUD}={self._cloud}"})
        present = {each["Labels"][CONTAINER]: each for each in found}
        self._ended = {id_: status for id_, status in self._ended.items() if id_ in present}
        return [status for id_, each in sorted(present.items()) if (status := self._status(id_, each["State"]))]

    def terminate(self, container_id: str) -> None:
        """Send SIGTERM."""
        self._signal(container_id, "SIGTERM")

    def kill(self, container_id: str) -> None:
        """Send SIGKILL."""
        self._signal(container_id, "SIGKILL")

    def remove(self, container_id: str) -> None:
        """Remove the container and its log."""
        self._discard(container_id)

    def fill_memory(self, container_id: str) -> None:
        """Start a neighbour in the container that takes memory up to the limit; the kernel kills the application."""
        self._execute(container_id, TAKES_MEMORY, detach=True)

    def limit_files(self, container_id: str, size: int | None) -> None:
        """Set the application's soft limit of file sizes, from inside, where its own user may."""
        self._execute(container_id, LIMITS_FILES.format(size=size), detach=False)

    def usage(self, container_id: str) -> Usage | None:
        """CPU seconds, and memory without the page cache that the kernel can take back."""
        try:
            seen = self._client.stats(self._name(container_id), stream=False, one_shot=True)
        except NotFound:
            return None
        memory = seen.get("memory_stats", {})
        if "usage" not in memory:  # it does not run
            return None
        details = memory.get("stats", {})
        cache = details.get("inactive_file", details.get("total_inactive_file", 0))
        return Usage(seen["cpu_stats"]["cpu_usage"]["total_usage"] / 1e9, max(0, memory["usage"] - cache))

    def logs(self, container_id: str, cursor: str | None) -> tuple[list[LogLine], str | None]:
        """Complete lines, stamped with the time when the engine read them."""
        try:
            log = self._client.logs(
                self._name(container_id), timestamps=True, since=docker_log.since(cursor) or None, follow=False
            )
        except NotFound:
            return [], cursor
        return docker_log.read(log, cursor)

    def _create(self, container: Container, image: str) -> str:
        created = self._client.create_container_from_config(
            {
                "Image": image,
                "Env": [f"{name}={value}" for name, value in environment(container, self._network).items()],
                "Labels": {CLOUD: self._cloud, CONTAINER: container.id},
                "ExposedPorts": {f"{port}/tcp": {} for port in container.ports},
                "HostConfig": host_config(container, self._network),
                **({"User": container.user} if container.user else {}),
                **({"Entrypoint": list(container.entry_point)} if container.entry_point is not None else {}),
                **({"Cmd": list(container.command)} if container.command is not None else {}),
            },
            self._name(container.id),
        )
        return str(created["Id"])

    def _require(self, image: str, named: str) -> None:
        with suppress(ImageNotFound):
            self._client.inspect_image(image)
            return
        try:
            self._pull(image)
        except APIError as error:
            raise CannotStartError(f"CannotPullContainerError: {named}: {_sentence(error)}") from error

    def _pull(self, image: str) -> None:
        """Pull in a thread, for the client waits without end for an engine that says nothing more."""
        outcome: SimpleQueue[Exception | None] = SimpleQueue()
        threading.Thread(target=lambda: outcome.put(_pulled(self._client, image)), name="pull", daemon=True).start()
        try:
            problem = outcome.get(timeout=PULL_SECONDS)
        except Empty:
            problem = APIError(f"the pull was given up after {PULL_SECONDS} seconds")
        if problem is not None:
            raise problem

    def _status(self, container_id: str, state: str) -> Status | None:
        if state in RUNNING:
            return Status(container_id, running=True)
        if container_id not in self._ended:
            try:
                details = self._client.inspect_container(self._name(container_id))["State"]
            except NotFound:
                return None
            if details["Status"] == "created":  # its start was interrupted
                return Status(container_id, running=False)
            self._ended[container_id] = _ended(container_id, details)
        return self._ended[container_id]

    def _signal(self, container_id: str, signal: str) -> None:
        try:
            self._client.kill(self._name(container_id), signal=signal)
        except APIError as error:
            if error.status_code not in (404, CONFLICT):  # 409: it does not run
                raise

    def _execute(self, container_id: str, code: str, *, detach: bool) -> None:
        """Run Python in a container as its user; one that is unknown or stopped is no error.

        Raises:
            OSError: The code failed.
        """
        try:
            execution = self._client.exec_create(self._name(container_id), ["python", "-c", code])["Id"]
            said = self._client.exec_start(execution, detach=detach)
        except APIError as error:
            if error.status_code not in (404, CONFLICT):
                raise
            return
        if not detach and self._client.exec_inspect(execution)["ExitCode"]:
            raise OSError(f"{container_id}: {said.decode(errors='replace').strip()}")

    def _discard(self, container_id: str) -> None:
        with suppress(NotFound):
            self._client.remove_container(self._name(container_id), force=True, v=True)
        self._ended.pop(container_id, None)

    def _name(self, container_id: str) -> str:
        return f"{self._cloud}-{container_id}"


def _pulled(client: Any, image: str) -> Exception | None:
    try:
        said = [each["error"] for each in client.pull(image, stream=True, decode=True) if "error" in each]
    except (APIError, OSError) as error:
        return error
    return APIError(said[0]) if said else None


def _ended(container_id: str, state: Mapping[str, Any]) -> Status:
    reason = OUT_OF_MEMORY if state["OOMKilled"] else state.get("Error") or None
    return Status(container_id, running=False, exit_code=int(state["ExitCode"]), reason=reason)


def _sentence(error: APIError) -> str:
    return " ".join(str(error.explanation or error).split())
