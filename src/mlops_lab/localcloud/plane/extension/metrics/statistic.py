"""Statistics by the names that CloudWatch gives them. Pure."""

import math
import re
from collections.abc import Callable, Mapping

from mlops_lab.localcloud.plane.extension.metrics.summary import Summary, percentile, share

SIMPLE: Mapping[str, Callable[[Summary], float]] = {
    "SampleCount": lambda summary: summary.samples,
    "Sum": lambda summary: summary.total,
    "Average": lambda summary: summary.total / summary.samples,
    "Minimum": lambda summary: summary.minimum,
    "Maximum": lambda summary: summary.maximum,
}
_PERCENTILE = re.compile(r"p(\d{1,3}(?:\.\d{1,10})?)")
_NUMBER = r"(?:\d+(?:\.\d+)?)?"
_RANK_OF_VALUES = re.compile(rf"PR\(({_NUMBER}):({_NUMBER})\)")


class UnknownStatisticError(ValueError):
    """A statistic has a name that is not known here."""


def rank(name: str) -> float:
    """Return the per cent of ``p0`` to ``p100``.

    Raises:
        UnknownStatisticError: The name is no percentile.
    """
    match = _PERCENTILE.fullmatch(name)
    if match is None or float(match[1]) > 100:
        raise UnknownStatisticError(name)
    return float(match[1])


def bounds(name: str) -> tuple[float, float] | None:
    """Return the bounds of a percentile rank, such as ``PR(:0.5)`` for the share of values of at most 0.5.

    None where the name is no percentile rank, which has at least one bound and the lesser one first.
    """
    match = _RANK_OF_VALUES.fullmatch(name)
    if match is None or not any(match.groups()):
        return None
    above, most = float(match[1] or -math.inf), float(match[2] or math.inf)
    return (above, most) if above < most else None


def value(name: str, summary: Summary) -> float | None:
    """Return a statistic, or None where it is not known of these values.

    Raises:
        UnknownStatisticError: The name is neither a statistic nor a percentile nor a percentile rank.
    """
    if name in SIMPLE:
        return SIMPLE[name](summary)
    if (between := bounds(name)) is not None:
        return share(summary, *between)
    return percentile(summary, rank(name))
