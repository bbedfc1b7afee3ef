"""Statistics by the names that CloudWatch gives them. Pure."""

import re
from collections.abc import Callable, Mapping

from mlops_lab.localcloud.plane.extension.metrics.summary import Summary, percentile

SIMPLE: Mapping[str, Callable[[Summary], float]] = {
    "SampleCount": lambda summary: summary.samples,
    "Sum": lambda summary: summary.total,
    "Average": lambda summary: summary.total / summary.samples,
    "Minimum": lambda summary: summary.minimum,
    "Maximum": lambda summary: summary.maximum,
}
_PERCENTILE = re.compile(r"p(\d{1,3}(?:\.\d{1,10})?)")


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


def value(name: str, summary: Summary) -> float | None:
    """Return a statistic, or None where it is not known of these values.

    Raises:
        UnknownStatisticError: The name is neither a statistic nor a percentile.
    """
    if name in SIMPLE:
        return SIMPLE[name](summary)
    return percentile(summary, rank(name))
