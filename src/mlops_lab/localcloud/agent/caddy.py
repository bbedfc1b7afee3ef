"""Runs Caddy as a child that outlives the daemon, and gives it its configuration through the admin API."""

import json
import os
import signal
import socket
import subprocess
import sysconfig
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import psutil

from mlops_lab.errors import LabError

START_SECONDS = 10
STOP_SECONDS = 5
BACKLOG = 1024
LOG_MIB = 16  # of an access log, before the next is begun
OLD_LOGS = 2  # that are kept for a reader that was away

Servers = Mapping[str, Any]  # name -> a server of Caddy's http app


class Caddy:
    """One Caddy process: started, adopted after a restart of the daemon, started again when it dies.

    TCP ports are bound here and handed down, so that a reload keeps the connections that wait to be accepted; a change
    of ports is a new process.
    """

    def __init__(self, name: str, state: Path, sockets: Path):
        self._name = name
        self._state = state
        self._config = state / f"caddy-{name}.json"
        self._pid = state / f"caddy-{name}.pid"
        self._log = state / f"caddy-{name}.log"
        self._ports_file = state / f"caddy-{name}.ports"  # address -> file descriptor in the running process
        self._sockets = sockets
        self.access_log = state / f"access-{name}.log"
        self._admin = sockets / f"admin-{name}.sock"
        self._loaded: Servers | None = None

    @property
    def pid(self) -> int | None:
        """Process id, or None where it does not run."""
        process = self._process()
        return process.pid if process else None

    def apply(self, servers: Servers) -> bool:
        """Make Caddy run with these servers, starting it where it does not run; return whether that took effort.

        Raises:
            LabError: Caddy refuses the configuration or does not start, or a port is taken; the message says which.
        """
        running = self.pid is not None
        if running and self._loaded == servers:
            return False
        addresses = sorted(_tcp_addresses(servers))
        descriptors = json.loads(self._ports_file.read_text()) if running else {}
        if running and sorted(descriptors) == addresses:
            self._load(self._configuration(servers, descriptors))
        else:
            self.stop()
            self._start(servers, addresses)
        self._loaded = servers
        return True

    def stop(self) -> None:
        """End Caddy, after the requests in flight."""
        if process := self._process():
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(STOP_SECONDS)
            except psutil.TimeoutExpired:
                process.kill()
        self._pid.unlink(missing_ok=True)
        self._loaded = None

    def _configuration(self, servers: Servers, descriptors: Mapping[str, int]) -> dict[str, Any]:
        placed = {
            name: server | {"listen": [_inherited(address, descriptors) for address in server["listen"]]}
            for name, server in servers.items()
        }
        return {
            "admin": {"listen": f"unix/{self._admin}", "config": {"persist": False}},
            "logging": {"logs": _logs(self.access_log)},
            "apps": {"http": {"grace_period": "30s", "servers": placed}},
        }

    def _load(self, configuration: dict[str, Any]) -> None:
        try:
            with self._client(timeout=10) as client:
                answer = client.post("http://caddy/load", json=configuration)
        except httpx.HTTPError as error:
            raise LabError(f"Caddy ({self._name}) does not take its configuration: {error}; see {self._log}") from error
        if answer.is_error:
            raise LabError(f"Caddy ({self._name}) refuses its configuration: {answer.text.strip()}")

    def _start(self, servers: Servers, addresses: list[str]) -> None:
        self._sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
        listeners = {address: _listen(address) for address in addresses}
        descriptors = {address: listener.fileno() for address, listener in listeners.items()}
        self._config.write_text(json.dumps(self._configuration(servers, descriptors), indent=1))
        self._ports_file.write_text(json.dumps(descriptors))
        with self._log.open("ab") as log:
            child = subprocess.Popen(
                [Path(sysconfig.get_path("scripts")) / "caddy", "run", "--config", self._config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], "HOME": str(self._state), "XDG_DATA_HOME": str(self._state)},
                pass_fds=list(descriptors.values()),
                start_new_session=True,
            )
        self._pid.write_text(str(child.pid))
        for listener in listeners.values():
            listener.close()
        self._wait(child)

    def _wait(self, child: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if child.poll() is not None:
                last = self._log.read_text(errors="replace").strip().splitlines()[-1:]
                raise LabError(f"Caddy ({self._name}) ended at its start: {''.join(last)[:500]}")
            if self._admin.exists() and self._answers():
                return
            time.sleep(0.02)
        raise LabError(f"Caddy ({self._name}) did not answer within {START_SECONDS} s; see {self._log}.")

    def _answers(self) -> bool:
        try:
            with self._client(timeout=1) as client:
                return client.get("http://caddy/config/").is_success
        except httpx.HTTPError:
            return False

    def _client(self, timeout: float) -> httpx.Client:
        return httpx.Client(transport=httpx.HTTPTransport(uds=str(self._admin)), timeout=timeout)

    def _process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(int(self._pid.read_text()))
            if process.status() == psutil.STATUS_ZOMBIE:
                process.wait(0)
                return None
            return process if str(self._config) in process.cmdline() else None
        except (OSError, ValueError, psutil.Error):
            return None


def _logs(access_log: Path) -> dict[str, Any]:
    """Errors to stderr; of each request what metrics need, and nothing of what was asked or answered."""
    left_out = ("request", "bytes_read", "user_id", "duration", "size", "resp_headers")
    encoder = {
        "format": "filter",
        "wrap": {"format": "json", "time_format": "unix_seconds_float", "level_key": "", "message_key": ""},
        "fields": {name: {"filter": "delete"} for name in left_out},
    }
    writer = {
        "output": "file",
        "filename": str(access_log),
        "mode": "0600",
        "roll_size_mb": LOG_MIB,
        "roll_keep": OLD_LOGS,
        "roll_gzip": False,
    }
    return {
        "default": {"level": "ERROR", "exclude": ["http.log.access"]},
        "access": {"include": ["http.log.access"], "encoder": encoder, "writer": writer},
    }


def _tcp_addresses(servers: Servers) -> set[str]:
    return {address for server in servers.values() for address in server["listen"] if not address.startswith("unix/")}


def _inherited(address: str, descriptors: Mapping[str, int]) -> str:
    return f"fd/{descriptors[address]}" if address in descriptors else address


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, int(port)))
    except OSError as error:
        listener.close()
        raise LabError(f"The load balancer cannot listen on {address}: {error.strerror}.") from error
    listener.listen(BACKLOG)
    return listener
