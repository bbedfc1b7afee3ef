"""Generations of state on disk: ``snapshot.N`` and the journals from ``journal.N`` on make it up.

A new generation begins with its journal; its snapshot follows, under its name only once it is complete. Until then
the previous snapshot and both journals say the same, so a kill at any byte leaves a state that loads.
"""

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from mlops_lab.errors import LabError
from mlops_lab.localcloud.plane.blobs import START_AFRESH, write_atomically
from mlops_lab.localcloud.plane.journal import Journal, read_records


class Store:
    """The state folder of one control plane, held by one process at a time."""

    def __init__(self, folder: Path) -> None:
        """Take the folder.

        Raises:
            LabError: Another process holds it, or a file of the newest generation is missing.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self._hold = _hold(folder)
        self._generation = max(self._numbers("snapshot"), default=0)
        self._journal: Journal | None = None
        self.pending_bytes = 0  # in the journals since the newest snapshot
        self.pending_records = 0

    def snapshot(self) -> bytes | None:
        """Return the newest snapshot, or None where there is none yet."""
        path = self._path("snapshot", self._generation)
        return path.read_bytes() if path.exists() else None

    def recover(self) -> Iterator[bytes]:
        """Yield the payloads journalled since the newest snapshot, then open the journal for more.

        Raises:
            LabError: A journal is missing or damaged.
        """
        journals = [number for number in self._numbers("journal") if number >= self._generation]
        expected = list(range(self._generation, self._generation + len(journals)))
        if journals != expected or not (journals or self._generation == 0):
            raise LabError(f"a journal is missing in {self.folder}; {START_AFRESH}.")
        for half_written in self.folder.glob("*.part"):
            half_written.unlink()
        end = 0
        for number in journals:
            end = 0
            path = self._path("journal", number)
            for record in read_records(path):
                self._count(len(record.payload))
                end = record.end
                yield record.payload
            if number != journals[-1] and end != path.stat().st_size:
                raise LabError(f"{path} is cut off, so the cloud's state cannot be restored; {START_AFRESH}.")
        self._generation = journals[-1] if journals else 0
        self._journal = Journal(self._path("journal", self._generation), end)

    def append(self, payload: bytes) -> None:
        """Write one payload to the journal."""
        assert self._journal is not None, "recover() opens the journal"
        self._journal.append(payload)
        self._count(len(payload))

    def begin(self) -> int:
        """Begin the next generation's journal and return its number."""
        assert self._journal is not None, "recover() opens the journal"
        journal = Journal(self._path("journal", self._generation + 1))
        self._journal.close()
        self._journal = journal
        self._generation += 1
        self.pending_bytes = self.pending_records = 0
        return self._generation

    def commit(self, generation: int, snapshot: bytes) -> None:
        """Write a generation's snapshot, then remove the generations that it replaces."""
        write_atomically(self._path("snapshot", generation), snapshot)
        for kind in ("snapshot", "journal"):
            for number in self._numbers(kind):
                if number < generation:
                    self._path(kind, number).unlink()

    def close(self) -> None:
        """Let go of the folder."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None
        os.close(self._hold)

    def _count(self, length: int) -> None:
        self.pending_bytes += length
        self.pending_records += 1

    def _path(self, kind: str, number: int) -> Path:
        return self.folder / f"{kind}.{number}"

    def _numbers(self, kind: str) -> list[int]:
        suffixes = (path.name.partition(".")[2] for path in self.folder.glob(f"{kind}.*"))
        return sorted(int(suffix) for suffix in suffixes if suffix.isdigit())


def _hold(folder: Path) -> int:
    """Lock the folder; the operating system lets go of it when the process ends, however it ends."""
    descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise LabError(f"{folder} is in use by another control plane; stop it with `make down`.") from None
    return descriptor
