"""The image registry as a process, where its binary is installed."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import psutil

STOP_SECONDS = 5.0


class RegistryProcess:
    """A registry process in a session of its own, found again by its pid file."""

    def __init__(self, binary: str, folder: Path, address: str):
        self._binary = binary
        self._folder = folder
        self._address = address
        self._pidfile = folder / "pid"
        self._config = folder / "config.json"

    def start(self) -> None:
        """Write the configuration and start the binary."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self._config.write_text(json.dumps(self._configuration()))
        with (self._folder / "log").open("ab") as log:
            process = subprocess.Popen(
                [self._binary, "serve", str(self._config)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.defpath},
                start_new_session=True,
            )
        self._pidfile.write_text(str(process.pid))

    def stop(self) -> None:
        """End the process, and wait for its end."""
        if process := self._process():
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except psutil.TimeoutExpired:
                process.kill()
        self._pidfile.unlink(missing_ok=True)

    @property
    def is_running(self) -> bool:
        """Whether the process that the pid file names is this registry."""
        return self._process() is not None

    def _configuration(self) -> dict[str, Any]:
        # The registry reads YAML, which JSON is. Deletion is off: what was pushed stays.
        return {
            "version": 0.1,
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(self._folder / "images")}},
            "http": {"addr": self._address},
        }

    def _process(self) -> psutil.Process | None:
        """The process, told by its arguments from another one that got the same pid later."""
        try:
            process = psutil.Process(int(self._pidfile.read_text()))
            if process.status() == psutil.STATUS_ZOMBIE:
                process.wait(0)
                return None
            arguments = process.cmdline()  # empty for a moment after the start
            return process if not arguments or str(self._config) in arguments else None
        except (OSError, ValueError, psutil.Error):
            return None
