"""Remembers how far the access logs are published, so that every request is counted once over restarts.

A batch is written down before it is put. Whether one that was written down has been put is asked of CloudWatch: its
first datum raises the sample count of a metric and moment that the batch writes down too.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mlops_lab.localcloud.agent.access_log import Position


@dataclass(frozen=True)
class Marker:
    """By what a batch is found again."""

    name: str
    dimensions: tuple[tuple[str, str], ...]
    second: int  # of the datum, since the epoch
    samples: float  # before the batch


@dataclass(frozen=True)
class Batch:
    """Where the logs are read up to with this batch."""

    positions: Mapping[str, Position]  # name of the log -> position
    marker: Marker


@dataclass
class Ledger:
    """The file of positions and of the batch that is under way."""

    path: Path
    positions: dict[str, Position] = field(default_factory=dict)
    pending: Batch | None = None

    @classmethod
    def open(cls, path: Path) -> "Ledger":
        """Read the file, or begin a new one."""
        kept: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
        pending = kept.get("pending")
        batch = Batch(_positions(pending["positions"]), _marker(pending["marker"])) if pending else None
        return cls(path, _positions(kept.get("positions", {})), batch)

    def begin(self, batch: Batch) -> None:
        """Write down a batch that is about to be put."""
        self.pending = batch
        self._save()

    def finish(self, was_put: bool) -> None:
        """Write down whether the batch was put."""
        if self.pending and was_put:
            self.positions = dict(self.pending.positions)
        self.pending = None
        self._save()

    def _save(self) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(
            json.dumps({"positions": self.positions, "pending": asdict(self.pending) if self.pending else None})
        )
        new.replace(self.path)


def _positions(kept: Mapping[str, Any]) -> dict[str, Position]:
    return {name: Position(*position) for name, position in kept.items()}


def _marker(kept: Mapping[str, Any]) -> Marker:
    dimensions = tuple((name, value) for name, value in kept["dimensions"])
    return Marker(kept["name"], dimensions, kept["second"], kept["samples"])
