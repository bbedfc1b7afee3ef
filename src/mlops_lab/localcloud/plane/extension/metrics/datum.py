"""What PutMetricData sends of a metric: its identity, and a summary of the values. Pure."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from mlops_lab.localcloud.plane.extension.metrics.summary import Summary, of_statistics, of_values

Json = Mapping[str, Any]
Dimensions = tuple[tuple[str, str], ...]  # (name, value), sorted


class Metric(NamedTuple):
    """What tells a metric from all others; data in different units are kept apart."""

    namespace: str
    name: str
    dimensions: Dimensions
    unit: str


class MalformedDatumError(ValueError):
    """A datum says too little, too much, or a value that is no number."""


def dimensions(items: list[Json] | None) -> Dimensions:
    """Return dimensions as the API lists them in an order of their own."""
    return tuple(sorted((item["Name"], item["Value"]) for item in items or []))


def metric(namespace: str, item: Json) -> Metric:
    """Return the metric of a datum."""
    return Metric(namespace, item["MetricName"], dimensions(item.get("Dimensions")), item.get("Unit") or "None")


def summary(item: Json) -> Summary:
    """Return a datum's values: Value, Values with Counts, or StatisticValues.

    Raises:
        MalformedDatumError: None of these is given, or a value is no number.
    """
    if statistics := item.get("StatisticValues"):
        keys = ("SampleCount", "Sum", "Minimum", "Maximum")
        if missing := [key for key in keys if key not in statistics]:
            raise MalformedDatumError(f"StatisticValues lacks {missing[0]}")
        return of_statistics(*(_number(statistics[key]) for key in keys))
    values = [_number(value) for value in item.get("Values") or []]
    if not values:
        if item.get("Value") is None:
            raise MalformedDatumError("Value, Values or StatisticValues is required")
        return of_values({_number(item["Value"]): 1.0})
    counts = [_number(count) for count in item.get("Counts") or [1.0] * len(values)]
    if len(counts) != len(values):
        raise MalformedDatumError("Values and Counts must be of the same size")
    together: dict[float, float] = {}
    for value, count in zip(values, counts, strict=True):
        together[value] = together.get(value, 0.0) + count
    return of_values({value: count for value, count in together.items() if count > 0})


def seconds(moment: datetime | float | str) -> float:
    """Return a time of the API as seconds since the epoch; one without a time zone is UTC."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    return float(moment)


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise MalformedDatumError(f"{value} is not a number")
    return number
