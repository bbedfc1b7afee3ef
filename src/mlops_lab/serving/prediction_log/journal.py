"""The writing end of the log: a record is in a file before its answer goes out, or it is shed and counted."""

import logging
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from mlops_lab.serving.prediction_log import record, segment
from mlops_lab.serving.prediction_log.record import Header, Record, Request
from mlops_lab.serving.prediction_log.segment import Segment

SEGMENT_BYTES = 4 * 1024 * 1024  # then another file is begun: a shipper holds one in memory
RETRY_SECONDS = 1.0  # after a failed write: a full disk must not cost every request another attempt

LOG = logging.getLogger(__name__)


@dataclass
class Counts:
    """Rows since the start of the process."""

    logged: int = 0
    shed: int = 0


class Journal:
    """Appends the answers of one process to write-ahead files of its own, in a folder that others may share."""

    def __init__(self, folder: Path, header: Header, limit_bytes: int, segment_bytes: int = SEGMENT_BYTES):
        self.folder = folder
        self.project = header.project
        self.counts = Counts()
        self._head = record.line(header)
        self._names = tuple(name for name, _ in header.fields)
        self._limit, self._segment_bytes = limit_bytes, segment_bytes
        self._segment: Segment | None = None
        self._lock = threading.Lock()  # between the event loop, which appends, and the shipper, which rolls
        self._resume_at = 0.0  # seconds of the monotonic clock
        self._waiting = self._added = 0  # bytes; the second since the start
        self.measure()

    @property
    def waiting_bytes(self) -> int:
        """Bytes in the folder that are not shipped yet, whoever wrote them: at the last pass, and added since."""
        return self._waiting

    def append(
        self, requests: Sequence[Request], columns: Mapping[str, Sequence[Any]], scores: Sequence[float]
    ) -> bool:
        """Write down what is about to be answered together; return False where it was shed, which stops no answer."""
        now = time.time_ns() // 1_000
        line = record.line(Record(now, requests, scores, [columns[name] for name in self._names]))
        with self._lock:
            if kept := self._kept(line):
                self.counts.logged += len(scores)
            else:
                self.counts.shed += len(scores)
        return kept

    def roll(self) -> None:
        """Give the present file up for shipping; the next record begins another."""
        with self._lock:
            self._seal()

    def measure(self) -> None:
        """Count what waits in the folder; what is added meanwhile is counted twice rather than not at all."""
        before = self._added
        total = sum(map(segment.size, segment.found(self.folder)))
        with self._lock:
            self._waiting = total + self._added - before

    def _kept(self, line: bytes) -> bool:
        if self._waiting + len(line) > self._limit or time.monotonic() < self._resume_at:
            return False
        try:
            self._open().append(line)
        except OSError as error:
            self._give_up(error)
            return False
        self._waiting += len(line)
        self._added += len(line)
        return True

    def _open(self) -> Segment:
        if self._segment is not None and self._segment.size >= self._segment_bytes:
            self._seal()
        if self._segment is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._segment = Segment(self.folder, f"{time.time_ns():020}-{uuid4().hex[:12]}", self._head)
        return self._segment

    def _give_up(self, error: OSError) -> None:
        """Leave the file as it is, since it may end in half a record, and write nothing for a moment."""
        self._resume_at = time.monotonic() + RETRY_SECONDS
        self._seal()
        LOG.error("predictions cannot be logged", extra={"fields": {"folder": str(self.folder), "error": str(error)}})

    def _seal(self) -> None:
        if self._segment is not None:
            self._segment.seal()
            self._segment = None
