"""A span of work, and what follows from several: what ran beside what, and what the end waited for. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

SLACK = 0.5  # seconds between two spans of which the second waited for the first, at most


@dataclass(frozen=True)
class Span:
    """What began and ended when, in seconds since a common moment."""

    lane: str
    doing: str
    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self.end - self.start


@dataclass(frozen=True)
class Account:
    """What spans come to."""

    seconds: float  # from the first start to the last end
    work: float  # of all spans together
    alone: float  # of `seconds`, in which no more than one ran
    path: tuple[Span, ...]  # what the end waited for: each span, and before it the one that it waited for

    @property
    def at_once(self) -> float:
        """How many ran at a time, on average."""
        return self.work / self.seconds if self.seconds else 0.0


def account(spans: Sequence[Span]) -> Account:
    """Sum spans up; there is one at least."""
    first, last = min(each.start for each in spans), max(each.end for each in spans)
    return Account(last - first, sum(each.seconds for each in spans), _alone(spans), critical(spans))


def critical(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Go back from the last end: what a span waited for is what ended last before it began.

    What depends on what is not known; that a span began as another ended says that it waited.
    """
    path = [max(spans, key=lambda each: each.end)]
    while before := [each for each in spans if each.end <= path[-1].start + SLACK and each.start < path[-1].start]:
        path.append(max(before, key=lambda each: each.end))
    return tuple(reversed(path))


def _alone(spans: Sequence[Span]) -> float:
    edges = sorted({each.start for each in spans} | {each.end for each in spans})
    return sum(b - a for a, b in pairwise(edges) if sum(each.start <= a and each.end >= b for each in spans) <= 1)
