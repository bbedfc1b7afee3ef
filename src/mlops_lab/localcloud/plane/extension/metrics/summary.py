"""What is kept of a metric's values in a stretch of time: statistics, and the distribution where it is known. Pure.

A distribution is packed as pairs of doubles (value, count) in ascending order of value. Values that are all equal need
none; a statistic set whose values are not all equal has none, so that it has no percentiles, as on AWS.
"""

import math
from array import array
from collections.abc import Iterable, Mapping
from typing import NamedTuple

COARSE_DIGITS = 2
ROUNDING = ((1_000, 3), (3_000, COARSE_DIGITS))  # beyond so many different values they are rounded to so many digits


class Summary(NamedTuple):
    """Statistics of some values."""

    samples: float
    total: float
    minimum: float
    maximum: float
    distribution: bytes | None  # b"": all values are equal; None: not known


def of_values(values: Mapping[float, float]) -> Summary:
    """Summarise values with their counts."""
    samples = sum(values.values())
    total = math.fsum(value * times for value, times in values.items())
    return Summary(samples, total, min(values), max(values), _packed(values))


def of_statistics(samples: float, total: float, minimum: float, maximum: float) -> Summary:
    """Summarise values of which only the statistics were sent."""
    return Summary(samples, total, minimum, maximum, b"" if minimum == maximum else None)


def merged(summaries: Iterable[Summary]) -> Summary:
    """Summarise all values of at least one summary."""
    parts = list(summaries)
    if len(parts) == 1:
        return parts[0]
    return Summary(
        sum(part.samples for part in parts),
        math.fsum(part.total for part in parts),
        min(part.minimum for part in parts),
        max(part.maximum for part in parts),
        None if any(part.distribution is None for part in parts) else _packed(_together(parts)),
    )


def coarse(summary: Summary) -> Summary:
    """Round the values of the distribution to two significant digits; the statistics stay exact."""
    if not summary.distribution:
        return summary
    return summary._replace(distribution=_packed(_rounded(_values(summary), COARSE_DIGITS)))


def percentile(summary: Summary, rank: float) -> float | None:
    """Return the least value that at least `rank` per cent of the values do not exceed; None where it is not known."""
    if summary.distribution is None:
        return None
    if rank <= 0 or rank >= 100 or not summary.distribution:
        return summary.maximum if rank >= 100 else summary.minimum
    wanted = rank / 100 * summary.samples * (1 - 1e-12)  # a sum of floats may fall short by a rounding error
    reached = 0.0
    for value, times in _values(summary).items():
        reached += times
        if reached >= wanted:
            return min(max(value, summary.minimum), summary.maximum)
    return summary.maximum


def share(summary: Summary, above: float, most: float) -> float | None:
    """Return the per cent of the values that are more than `above` and at most `most`; None where it is not known."""
    if summary.distribution is None:
        return None
    within = math.fsum(times for value, times in _values(summary).items() if above < value <= most)
    return 100 * within / summary.samples


def _together(parts: Iterable[Summary]) -> dict[float, float]:
    values: dict[float, float] = {}
    for part in parts:
        for value, times in _values(part).items():
            values[value] = values.get(value, 0.0) + times
    return values


def _values(summary: Summary) -> dict[float, float]:
    if not summary.distribution:
        return {summary.minimum: summary.samples}
    numbers = array("d")
    numbers.frombytes(summary.distribution)
    return dict(zip(numbers[::2], numbers[1::2], strict=True))


def _packed(values: Mapping[float, float]) -> bytes:
    for most, digits in ROUNDING:
        if len(values) > most:
            values = _rounded(values, digits)
    if len(values) == 1:
        return b""
    return array("d", [number for pair in sorted(values.items()) for number in pair]).tobytes()


def _rounded(values: Mapping[float, float], digits: int) -> dict[float, float]:
    rounded: dict[float, float] = {}
    for value, times in values.items():
        key = float(f"{value:.{digits}g}")
        rounded[key] = rounded.get(key, 0.0) + times
    return rounded
