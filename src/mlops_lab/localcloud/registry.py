"""ECR's data plane for containers: a registry of images on loopback, which outlives whoever started it."""

import shutil
import socket
import time
from pathlib import Path
from typing import Any, Protocol
from urllib.request import ProxyHandler, build_opener

from mlops_lab.errors import LabError
from mlops_lab.localcloud.docker_creation import Network
from mlops_lab.localcloud.registry_container import RegistryContainer
from mlops_lab.localcloud.registry_process import RegistryProcess

LOOPBACK = "127.0.0.1"
BINARIES = ("docker-registry", "registry")  # Debian's name, and the project's own
START_SECONDS = 10.0
FREE_SECONDS = 1.0  # a registry that was killed holds its port for a moment
POLL_SECONDS = 0.05


class Keeper(Protocol):
    """Runs the registry's program on the port."""

    def start(self) -> None:
        """Start it and return at once."""

    def stop(self) -> None:
        """Stop it where it runs; the images are kept."""

    @property
    def is_running(self) -> bool:
        """Whether it runs, whoever started it."""


class Registry:
    """A registry of images on a port of loopback."""

    def __init__(self, port: int, keeper: Keeper):
        self._port = port
        self._keeper = keeper

    @property
    def host(self) -> str:
        """Host and port, as an image reference begins."""
        return f"{LOOPBACK}:{self._port}"

    @property
    def is_running(self) -> bool:
        """Whether it runs and answers."""
        return self._keeper.is_running and self._answers()

    def start(self) -> None:
        """Start it, or adopt the one that already runs.

        Raises:
            LabError: The port is taken, or the registry cannot start or does not answer.
        """
        if self.is_running:
            return
        self._keeper.stop()
        self._require_free_port()
        self._keeper.start()
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline or not self._keeper.is_running:
                self.stop()
                raise LabError(f"The image registry does not answer at {self.host}; see its log in the state folder.")
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop it; the images are kept."""
        self._keeper.stop()

    def _require_free_port(self) -> None:
        deadline = time.monotonic() + FREE_SECONDS
        while not _is_free(self._port):
            if time.monotonic() > deadline:
                raise LabError(
                    f"Port {self._port} is already in use; end what uses it, or set LAB_REGISTRY_PORT to a free port."
                )
            time.sleep(POLL_SECONDS)

    def _answers(self) -> bool:
        try:
            with build_opener(ProxyHandler({})).open(f"http://{self.host}/v2/", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False


def local_registry(folder: Path, port: int, client: Any, network: Network) -> Registry:
    """Return the registry for an engine, not started.

    Args:
        folder: Where its images, log and pid are kept.
        port: Port on loopback.
        client: A ``docker.APIClient``, to run the registry's image where its binary will not do.
        network: How the engine's containers reach loopback. An engine in a virtual machine reaches only a registry
            that runs in it.
    """
    binary = next((found for name in BINARIES if (found := shutil.which(name))), None)
    if network == "host" and binary is not None:
        return Registry(port, RegistryProcess(binary, folder, f"{LOOPBACK}:{port}"))
    return Registry(port, RegistryContainer(client, folder, port))


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
