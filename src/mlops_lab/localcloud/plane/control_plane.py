"""The control plane of the embedded cloud: AWS APIs on one port, with a state that survives the process."""

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mlops_lab.localcloud.plane.blobs import Blobs
from mlops_lab.localcloud.plane.extension.access.record import RECORD
from mlops_lab.localcloud.plane.gate import Gate, Limits
from mlops_lab.localcloud.plane.health import SOURCE, HealthOf
from mlops_lab.localcloud.plane.store import Store

if TYPE_CHECKING:
    from mlops_lab.localcloud.plane.server import Server

log = logging.getLogger(__name__)


class ControlPlane:
    """Moto, its extension and its journal behind 127.0.0.1. Moto's state is global: start one per process."""

    def __init__(self, state_dir: Path, port: int, limits: Limits | None = None) -> None:
        """Prepare; nothing is touched until `start`. Port 0 is any free port."""
        self._state_dir = state_dir
        self._port = port
        self._limits = limits
        self._gate: Gate | None = None
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """Where clients point `AWS_ENDPOINT_URL`."""
        return f"http://127.0.0.1:{self._server.port if self._server else self._port}"

    @property
    def health_of(self) -> HealthOf:
        """Who is asked for a target's health; it is asked under the plane's lock and must not call the plane."""
        return SOURCE.ask

    @health_of.setter
    def health_of(self, ask: HealthOf) -> None:
        SOURCE.ask = ask

    def start(self) -> None:
        """Restore the state, then serve in background threads.

        Raises:
            LabError: The port is taken, another plane holds the folder, or the state cannot be read.
        """
        from mlops_lab.localcloud.plane.engine.application import MotoEngine  # moto takes a second to import
        from mlops_lab.localcloud.plane.server import Server

        started = time.monotonic()
        store = Store(self._state_dir)
        try:
            blobs = Blobs(self._state_dir / "blobs")
            self._gate = Gate(MotoEngine(blobs), store, blobs, self._limits)
            self._server = Server(self._port, self._gate.answer)
            repeated = self._gate.restore()
            RECORD.open(self._state_dir / "accesses.json")
        except BaseException:
            if self._server is not None:
                self._server.close()
            store.close()
            raise
        self._server.start()
        log.info("%s: %d calls repeated in %.1f s", self.url, repeated, time.monotonic() - started)

    def stop(self) -> None:
        """Stop accepting, finish the requests that are being answered, write a snapshot."""
        if self._server is not None and self._gate is not None:
            self._server.stop()
            self._gate.close()
            RECORD.close()
        self._server = self._gate = None
