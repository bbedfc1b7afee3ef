"""Judges a canary by its own requests against those of stable in the same window. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Decision = Literal["go on", "pass", "roll back"]


@dataclass(frozen=True)
class Counts:
    """What a track answered in a step so far."""

    requests: int
    errors: int
    slow: int
    scores: tuple[int, ...]


@dataclass(frozen=True)
class Limits:
    """What is tolerated."""

    least: int = 100
    errors: float = 0.02
    slow: float = 0.15
    scores: float = 0.25


@dataclass(frozen=True)
class Verdict:
    """What is to be done, and why."""

    decision: Decision
    reasons: tuple[str, ...]
    figures: Mapping[str, float]


def judge(stable: Counts, canary: Counts, limits: Limits, look: int) -> Verdict:
    """Judge."""
    if canary.requests < limits.least:
        return Verdict("go on", (f"{canary.requests} requests so far",), {})
    reasons = []
    for name in ("errors", "slow"):
        more = getattr(canary, name) / canary.requests - getattr(stable, name) / max(1, stable.requests)
        if more > getattr(limits, name):
            reasons.append(f"{name}: {more:.1%} more than stable")
    return Verdict("roll back" if reasons else "pass", tuple(reasons) or ("as stable",), {})
