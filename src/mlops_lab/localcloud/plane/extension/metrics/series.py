"""One metric over time: what is young in detail, what is old in longer stretches, what is very old not at all. Pure.

AWS keeps high-resolution data for 3 hours, minutes for 15 days and 5 minutes for 63; here everything is in memory and
in every snapshot, so it is 3 hours, 1 day and 15 days. Percentiles of what is no longer kept in detail are to two
significant digits.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from mlops_lab.localcloud.plane.extension.metrics.summary import Summary, coarse, merged

HOUR = 3600


class Tier(NamedTuple):
    """For how long data are kept in stretches of what length."""

    resolution: int  # seconds
    seconds: int  # age that they reach


TIERS = (Tier(1, 3 * HOUR), Tier(60, 24 * HOUR), Tier(300, 15 * 24 * HOUR))


class Series:
    """The values of one metric."""

    def __init__(self) -> None:
        self._tiers: tuple[dict[int, Summary], ...] = tuple({} for _ in TIERS)
        self.newest = 0  # seconds since the epoch

    def add(self, second: int, resolution: int, summary: Summary) -> None:
        """Add values of a moment: resolution 1 keeps the second, any other the minute."""
        level = 0 if resolution == 1 else 1
        _put(self._tiers[level], second // TIERS[level].resolution * TIERS[level].resolution, summary)
        self.newest = max(self.newest, second)

    def trim(self, now: float) -> None:
        """Move what is old into longer stretches, and drop what is too old for the longest."""
        for level, tier in enumerate(TIERS):
            data = self._tiers[level]
            oldest = now - tier.seconds
            longer = TIERS[level + 1] if level + 1 < len(TIERS) else None
            for start in [start for start in data if start < oldest]:
                summary = data.pop(start)
                if longer:
                    key = start // longer.resolution * longer.resolution
                    _put(self._tiers[level + 1], key, coarse(summary))

    def periods(self, start: float, end: float, period: int) -> dict[int, Summary]:
        """Return the periods from `start` until before `end` that hold values, by their beginnings, oldest first.

        Periods begin at multiples of their length; the first one is whole.
        """
        first = int(start // period * period)
        found: dict[int, list[Summary]] = {}
        for data in self._tiers:
            for second, summary in data.items():
                if first <= second < end:
                    found.setdefault(second // period * period, []).append(summary)
        return {key: merged(found[key]) for key in sorted(found)}

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept any more."""
        return not any(self._tiers)

    def __getstate__(self) -> tuple[Any, ...]:
        # Plain tuples: the pickler asks a function about every object of any other type.
        return self.newest, [{key: tuple(summary) for key, summary in data.items()} for data in self._tiers]

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.newest, tiers = state
        self._tiers = tuple({key: Summary(*summary) for key, summary in data.items()} for data in tiers)


def united(series: Iterable[Series], start: float, end: float, period: int) -> dict[int, Summary]:
    """Return the periods of several series as if they were one: a metric whose data have different units."""
    found: dict[int, list[Summary]] = {}
    for each in series:
        for key, summary in each.periods(start, end, period).items():
            found.setdefault(key, []).append(summary)
    return {key: merged(found[key]) for key in sorted(found)}


def _put(data: dict[int, Summary], key: int, summary: Summary) -> None:
    data[key] = merged([data[key], summary]) if key in data else summary
