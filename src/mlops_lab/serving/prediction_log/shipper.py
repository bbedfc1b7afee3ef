"""The shipping end of the log: finished write-ahead files become Parquet objects, and stay until S3 has them."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from mlops_lab import catalog
from mlops_lab.errors import LabError
from mlops_lab.serving.prediction_log import metric, record, segment, table
from mlops_lab.serving.prediction_log.journal import Journal
from mlops_lab.serving.prediction_log.record import Contents

LONGEST_PAUSE = 60.0  # seconds between two attempts while S3 is away
Put = Callable[[str, bytes], None]  # key, content; raises LabError where it was not taken

LOG = logging.getLogger(__name__)


class Shipper:
    """Ships what a folder holds, this process's files and those that others have left, in a thread of its own."""

    def __init__(self, journal: Journal, put: Put, seconds: float):
        self.shipped = 0  # rows since the start
        self._journal, self._put, self._seconds = journal, put, seconds
        self._reported = 0  # rows shed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="prediction-log", daemon=True)

    def start(self) -> None:
        """Begin with what earlier processes have left."""
        self._thread.start()

    def close(self, seconds: float) -> None:
        """Ship the rest, waiting at most so long; what is not shipped then stays in its file for the next process."""
        self._stopping.set()
        self._thread.join(seconds)

    def step(self) -> None:
        """Make a pass over the folder, oldest file first.

        Raises:
            LabError: S3 did not take a file; it and what follows are kept.
        """
        self._report()
        self._journal.roll()
        try:
            for path in segment.found(self._journal.folder):
                self._ship(path)
        finally:
            self._journal.measure()

    def _run(self) -> None:
        failures = self._attempt(0)
        while not self._stopping.wait(pause(failures, self._seconds)):
            failures = self._attempt(failures)
        self._attempt(failures)

    def _attempt(self, failures: int) -> int:
        """Make a pass; return how many have failed in a row."""
        try:
            self.step()
        except (LabError, OSError) as error:
            fields = {"error": str(error), "waiting_bytes": self._journal.waiting_bytes}
            LOG.warning("predictions wait", extra={"fields": fields})
            return failures + 1
        return 0

    def _ship(self, path: Path) -> None:
        with segment.claimed(path) as content:
            if content is None:
                return
            rows = self._send(path, content)
            if rows is not None:
                path.unlink()
                self.shipped += rows

    def _send(self, path: Path, content: bytes) -> int | None:
        """Put a file's records, one object an hour, under names that a second attempt uses again; return the rows."""
        try:
            contents = record.parse(content)
            objects = table.by_hour(contents) if contents else []
        except Exception as error:  # whatever it holds, it must not keep the files after it from being shipped
            kept = segment.set_aside(path)
            LOG.error("a write-ahead file cannot be read", extra={"fields": {"file": str(kept), "error": str(error)}})
            return None
        if contents is None:
            return 0
        if contents.damaged:
            fields = {"file": path.name, "lines": contents.damaged}
            LOG.error("lines of a write-ahead file cannot be read", extra={"fields": fields})
        for hour, parquet in objects:
            self._put(catalog.predictions_key(contents.header.project, hour, path.stem), parquet)
        _tell(contents)
        return sum(len(each.scores) for each in contents.records)

    def _report(self) -> None:
        """Publish what was shed since the last time as a metric."""
        shed = self._journal.counts.shed
        if shed > self._reported:
            fields = metric.shed(self._journal.project, shed - self._reported, time.time())
            waiting = {"waiting_bytes": self._journal.waiting_bytes}
            LOG.error("predictions shed", extra={"fields": fields | waiting})
            self._reported = shed


def _tell(contents: Contents) -> None:
    """Publish what a file's records say as metrics."""
    scores = [score for each in contents.records for score in each.scores if score is not None]
    milliseconds = [request.latency_ms for each in contents.records for request in each.requests]
    told = contents.header
    for fields in metric.answered(told.project, told.model_version, scores, milliseconds, time.time()):
        LOG.info("answered", extra={"fields": fields})


def pause(failures: int, seconds: float) -> float:
    """Return how long to wait between two passes: twice as long after each that failed, up to LONGEST_PAUSE. Pure."""
    return max(seconds, min(LONGEST_PAUSE, seconds * 2.0 ** min(failures, 10)))
