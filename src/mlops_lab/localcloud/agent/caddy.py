"""Runs Caddy as a child that outlives the daemon, and gives it its configuration through the admin API."""

import json
import os
import signal
import subprocess
import sysconfig
import time
from pathlib import Path
from typing import Any

import httpx
import psutil

from mlops_lab.errors import LabError

START_SECONDS = 10
STOP_SECONDS = 5


class Caddy:
    """One Caddy process: started, adopted after a restart of the daemon, started again when it dies."""

    def __init__(self, state: Path, sockets: Path):
        self._state = state
        self._config = state / "caddy.json"
        self._pid = state / "caddy.pid"
        self.sockets = sockets
        self.admin = sockets / "admin.sock"
        self._loaded: dict[str, Any] | None = None

    @property
    def is_running(self) -> bool:
        """Whether the process that this state folder names is alive."""
        return self._process() is not None

    @property
    def pid(self) -> int | None:
        """Process id, or None where it does not run."""
        process = self._process()
        return process.pid if process else None

    def apply(self, configuration: dict[str, Any]) -> bool:
        """Make Caddy run with the configuration, starting it where it does not run; return whether that took effort.

        Raises:
            LabError: Caddy refuses the configuration or does not start; the message quotes it.
        """
        if self._loaded == configuration and self.is_running:
            return False
        self._write(configuration)
        if self.is_running:
            self._load(configuration)
        else:
            self._start()
        self._loaded = configuration
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

    def _write(self, configuration: dict[str, Any]) -> None:
        new = self._config.with_suffix(".new")
        new.write_text(json.dumps(configuration, indent=1))
        new.replace(self._config)

    def _load(self, configuration: dict[str, Any]) -> None:
        with httpx.Client(transport=httpx.HTTPTransport(uds=str(self.admin)), timeout=10) as client:
            answer = client.post("http://caddy/load", json=configuration)
        if answer.is_error:
            raise LabError(f"Caddy refuses its configuration {self._config}: {answer.text.strip()}")

    def _start(self) -> None:
        self.sockets.mkdir(parents=True, exist_ok=True, mode=0o700)
        log = (self._state / "caddy.log").open("ab")
        with log:
            child = subprocess.Popen(
                [Path(sysconfig.get_path("scripts")) / "caddy", "run", "--config", self._config],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ["PATH"], "HOME": str(self._state), "XDG_DATA_HOME": str(self._state)},
                start_new_session=True,
            )
        self._pid.write_text(str(child.pid))
        self._wait(child)

    def _wait(self, child: "subprocess.Popen[bytes]") -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if child.poll() is not None:
                last = (self._state / "caddy.log").read_text(errors="replace").strip().splitlines()[-1:]
                raise LabError(f"Caddy ended at its start: {''.join(last)[:500]}")
            if self.admin.exists() and self._answers():
                return
            time.sleep(0.02)
        raise LabError(f"Caddy did not answer within {START_SECONDS} s; see {self._state / 'caddy.log'}.")

    def _answers(self) -> bool:
        try:
            with httpx.Client(transport=httpx.HTTPTransport(uds=str(self.admin)), timeout=1) as client:
                return client.get("http://caddy/config/").is_success
        except httpx.HTTPError:
            return False

    def _process(self) -> psutil.Process | None:
        try:
            process = psutil.Process(int(self._pid.read_text()))
            if process.status() == psutil.STATUS_ZOMBIE:
                process.wait(0)
                return None
            return process if str(self._config) in process.cmdline() else None
        except (OSError, ValueError, psutil.Error):
            return None
