"""What roles called, and what they were refused: one entry for each grant that was used, however often it was.

So the record's length is bounded by the policies. It is written when something new is seen and when the plane stops;
the counts since then are lost with a killed process, the entries are not.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

REFUSALS = 500  # entries of refused calls that are kept, the latest


@dataclass(frozen=True)
class Access:
    """Calls of one action by one role, under one of its grants or refused."""

    role: str  # name
    action: str  # "s3:GetObject"
    grant: str  # pattern of the policy's resource that allowed it; the resource itself where it was refused
    allowed: bool
    resource: str  # ARN of the latest call
    session: str  # name of the latest one
    calls: int
    last: float  # seconds since the epoch


class AccessRecord:
    """Remembers accesses; before `open` it remembers nothing, so that a replayed journal counts nothing twice."""

    def __init__(self) -> None:
        self._path: Path | None = None
        self._known: dict[tuple[str, str, str, bool], Access] = {}

    def open(self, path: Path) -> None:
        """Go on with the record that a file holds; one that cannot be read is begun anew."""
        self._path = path
        try:
            kept = [Access(**each) for each in json.loads(path.read_text())]
        except (OSError, ValueError, TypeError):
            kept = []
        self._known = {_key(each): each for each in kept}

    def close(self) -> None:
        """Write the record and forget it."""
        self._write()
        self._path, self._known = None, {}

    def note(self, role: str, session: str, action: str, resource: str, grant: str | None) -> None:
        """Count a call that a grant allowed, or that none did."""
        if self._path is None:
            return
        seen = Access(role, action, grant or resource, grant is not None, resource, session, 1, time.time())
        before = self._known.pop(_key(seen), None)
        self._known[_key(seen)] = Access(**asdict(seen) | {"calls": before.calls + 1 if before else 1})
        if before is None:
            self._forget_old_refusals()
            self._write()

    def accesses(self) -> Iterable[Access]:
        """Return the entries, the latest first."""
        return reversed(self._known.values())

    def _forget_old_refusals(self) -> None:
        refused = [key for key, each in self._known.items() if not each.allowed]
        for key in refused[: max(0, len(refused) - REFUSALS)]:
            del self._known[key]

    def _write(self) -> None:
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps([asdict(each) for each in self._known.values()]))
        new.replace(self._path)


def _key(access: Access) -> tuple[str, str, str, bool]:
    return access.role, access.action, access.grant, access.allowed


RECORD = AccessRecord()  # of the process, as moto's state is
