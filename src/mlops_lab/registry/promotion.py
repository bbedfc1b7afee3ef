"""Promotion: which version is the champion, moved only through the gate, and who moved it, when and why."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from mlops_lab.errors import LabError
from mlops_lab.registry.tracking import CHALLENGER, CHAMPION, GATE, PREVIOUS, Registry, Version

PREFIX = "promotion."  # of the notes on the registered model; the moment follows, so that they sort by time
LONGEST = 500  # characters of a reason


@dataclass(frozen=True)
class Promotion:
    """A move of the champion."""

    when: str  # ISO 8601, UTC
    who: str
    why: str
    before: str | None  # version
    after: str
    gate: str = ""  # how the version compared with the champion of its day

    def __str__(self) -> str:
        gate = f" (gate: {self.gate})" if self.gate else ""
        return f"champion {self.before or 'none'} -> {self.after} at {self.when} by {self.who}: {self.why}{gate}"


def promote(registry: Registry, version: str | None, who: str, why: str) -> Promotion:
    """Make a version the champion, the challenger where none is named; the old champion becomes `previous`.

    The note is written before the aliases move: a promotion that broke off shows, and can be made again.

    Raises:
        LabError: There is no such version, its run did not pass the gate, it is the champion, or no reason is given.
    """
    chosen = _chosen(registry, version)
    before = registry.aliased(CHAMPION)
    if before and before.version == chosen.version:
        raise LabError(f"Version {chosen.version} of {registry.project} is the champion already.")
    if (gate := registry.run_tags(chosen.run_id).get(GATE)) != "passed":
        raise LabError(f"Version {chosen.version} of {registry.project} has not passed the gate (it is {gate!r}).")
    return _move(registry, chosen, before, who, why, str(registry.document(chosen.run_id, "gate.json")["champion"]))


def roll_back(registry: Registry, who: str, why: str) -> Promotion:
    """Make the previous champion the champion again.

    Raises:
        LabError: There is no previous one, or no reason is given.
    """
    previous = registry.aliased(PREVIOUS)
    if previous is None:
        raise LabError(f"{registry.project} has no previous champion to go back to; see `make models`.")
    return _move(registry, previous, registry.aliased(CHAMPION), who, why)


def history(notes: Mapping[str, str]) -> list[Promotion]:
    """Return the promotions among the notes of a registered model, the oldest first."""
    return [Promotion(**json.loads(notes[key])) for key in sorted(notes) if key.startswith(PREFIX)]


def in_charge(moves: Sequence[Promotion], day: str) -> str:
    """Return the version that was the champion at the end of a day (ISO 8601, UTC), of promotions in order of time.

    Raises:
        LabError: No promotion is that old, so that it was the first version or none.
    """
    before = [move for move in moves if move.when[: len(day)] <= day]
    if not before and moves:
        return moves[0].before or "none"
    if not before:
        raise LabError("No promotion is on record: the first version, if there is one, was never replaced.")
    return before[-1].after


def _chosen(registry: Registry, version: str | None) -> Version:
    published = registry.versions()
    wanted = [each for each in published if (each.version == version if version else CHALLENGER in each.aliases)]
    if not wanted:
        known = ", ".join(each.version for each in published) or "none"
        what = f"version {version}" if version else "challenger"
        raise LabError(f"{registry.project} has no {what}; published are: {known}. `make retrain` makes one.")
    return wanted[0]


def _move(registry: Registry, chosen: Version, before: Version | None, who: str, why: str, gate: str = "") -> Promotion:
    if not why.strip() or len(why) > LONGEST:
        raise LabError(f"WHY has {len(why)} characters; say why in 1 to {LONGEST}.")
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")  # MLflow takes no plus sign in a key
    moved = Promotion(now, who, why.strip(), before.version if before else None, chosen.version, gate)
    registry.note(PREFIX + now, json.dumps(asdict(moved)))
    aliases: dict[str, str | None] = {PREVIOUS: before.version} if before else {}
    if CHALLENGER in chosen.aliases:
        aliases[CHALLENGER] = None
    registry.point({CHAMPION: chosen.version, **aliases})
    return moved
