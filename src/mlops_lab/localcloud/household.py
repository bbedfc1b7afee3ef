"""Where the embedded cloud keeps its things on this machine, and which things those are."""

import hashlib
import os
import socket
import tempfile
from functools import cached_property
from pathlib import Path

from mlops_lab.catalog import Paths
from mlops_lab.errors import LabError
from mlops_lab.localcloud.agent.balancer import Proxies
from mlops_lab.localcloud.runtime import Runtime, choose_runtime
from mlops_lab.settings import LOOPBACK, Settings

HTTP = 80
MLFLOW = 5001


class Household:
    """Folders, ports, proxies and runtime of one embedded cloud; the daemon and the commands share it."""

    def __init__(self, settings: Settings):
        self._settings = settings
        paths = Paths(settings.root, settings.state_dir)
        self.cloud = paths.cloud
        self.agent_state = paths.cloud / "agent"
        self.images = paths.images
        self.log = paths.logs / "cloud.log"
        for folder in (self.agent_state, paths.logs):
            folder.mkdir(parents=True, exist_ok=True)
        self.lock = paths.cloud / "daemon.pid"
        self.lock.touch()

    @property
    def listener_ports(self) -> dict[int, int]:
        """A listener's port -> its port on loopback."""
        return {HTTP: self._settings.balancer_port, MLFLOW: self._settings.mlflow_port}

    @cached_property
    def proxies(self) -> Proxies:
        """The balancer; its sockets lie in a short folder, for a Unix socket's path has about 100 characters."""
        digest = hashlib.sha256(str(self.cloud).encode()).hexdigest()[:10]
        return Proxies(self.agent_state, Path(tempfile.gettempdir()) / f"mlops-lab-{os.getuid()}-{digest}")

    @cached_property
    def runtime(self) -> Runtime:
        """What runs the tasks: what the settings name, or what works here; one choice for the life of a daemon."""
        return choose_runtime(self._settings, self.cloud, self.images)

    def require_free_ports(self) -> None:
        """Refuse to start on a port that somebody else has; a balancer that outlived its daemon is no stranger.

        Raises:
            LabError: A port is taken; the message names the setting.
        """
        ports = {"LAB_CLOUD_PORT": self._settings.cloud_port}
        if not self.proxies.pids:
            ports["LAB_BALANCER_PORT"] = self._settings.balancer_port
            ports["LAB_MLFLOW_PORT"] = self._settings.mlflow_port
        for setting, port in ports.items():
            if not _is_free(port):
                raise LabError(f"Port {port} is already in use; end what uses it, or set {setting} to a free port.")


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
