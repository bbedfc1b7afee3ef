"""The slower loop: measure, judge, scale; in a thread of its own, so that it never delays the replacement of tasks."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from mlops_lab.localcloud.agent.alarm_watch import AlarmWatch
from mlops_lab.localcloud.agent.guard import Guard
from mlops_lab.localcloud.agent.meter import Meter
from mlops_lab.localcloud.agent.scaler import Scaler

GRACE = 0.2  # seconds after the end of a period until it is read: lines on their way to the access log

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Instruments:
    """What the loop drives."""

    meter: Meter
    alarms: AlarmWatch
    scaler: Scaler


class Telemetry:
    """Makes a pass at every multiple of the period; one that takes longer leaves the next ones out."""

    def __init__(self, instruments: Instruments, period: int, changed: Callable[[], None]):
        self._instruments = instruments
        self._period = period
        self._changed = changed  # called when a service was scaled
        self._guard = Guard()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the pass that is under way, and make no more."""
        self._stopping.set()
        self._thread.join()

    def step(self, tick: int) -> None:
        """Make the pass for the period that ended at a second since the epoch."""
        parts = self._instruments
        self._guard.run("metrics of services", lambda: parts.meter.services(tick))
        self._guard.run("metrics of balancers", lambda: parts.meter.balancers(tick))
        self._guard.run("alarms", lambda: parts.alarms.step(tick))
        if self._guard.run("scaling", lambda: parts.scaler.step(parts.alarms.verdicts, time.time())):
            self._changed()

    def _run(self) -> None:
        while True:
            tick = int(time.time() // self._period + 1) * self._period
            if self._stopping.wait(max(0.0, tick + GRACE - time.time())):
                return
            self.step(tick)
