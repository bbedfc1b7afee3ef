"""When a metric alarm changes its state. Pure.

As the AWS page "Configuring how CloudWatch alarms treat missing data" has it: more data points are looked at than are
needed (the evaluation range), data that exist count before any treatment of missing ones, and an alarm does not go off
early on a single late data point.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

RANGE_BEYOND = 2  # data points that are looked at beyond the evaluation periods
OK, ALARM, INSUFFICIENT_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"
COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}

Query = Mapping[str, Any]  # of GetMetricData


@dataclass(frozen=True)
class Alarm:
    """A metric alarm, as far as it decides the state."""

    name: str
    state: str
    threshold: float
    comparison: str
    period: int  # seconds
    evaluation_periods: int
    datapoints_to_alarm: int
    missing: str  # "missing", "ignore", "breaching" or "notBreaching"
    queries: tuple[Query, ...]  # exactly one returns data
    statistic: str | None  # None: metric math

    @property
    def range(self) -> int:
        """How many of the most recent periods are looked at."""
        return self.evaluation_periods + RANGE_BEYOND

    def is_breaching(self, value: float) -> bool:
        """Whether a value violates the threshold."""
        return COMPARISONS[self.comparison](value, self.threshold)


@dataclass(frozen=True)
class Verdict:
    """What an evaluation found."""

    alarm: Alarm
    state: str  # the alarm's own where it is retained
    values: tuple[tuple[int, float], ...]  # (second, value) of the data points that decided, oldest first
    filled: int  # missing data points that had to be treated


def evaluate(alarm: Alarm, points: Mapping[int, float], end: int) -> Verdict:
    """Evaluate an alarm.

    Args:
        alarm: The alarm.
        points: Its values by the beginnings of their periods.
        end: The end of the last whole period.
    """
    seconds = range(end - alarm.range * alarm.period, end, alarm.period)
    present = [(second, points[second]) for second in seconds if second in points]
    breaching = [alarm.is_breaching(points[second]) if second in points else None for second in seconds]
    state = judge(breaching, alarm.evaluation_periods, alarm.datapoints_to_alarm, alarm.missing)
    filled = max(0, alarm.evaluation_periods - len(present))
    return Verdict(alarm, state or alarm.state, tuple(present[-alarm.evaluation_periods :]), filled)


def judge(points: Sequence[bool | None], periods: int, to_alarm: int, missing: str) -> str | None:
    """Return the state, or None where the current one is retained.

    Args:
        points: The evaluation range, oldest first: whether each data point is breaching, None where it is missing.
        periods: Evaluation periods.
        to_alarm: Data points that must be breaching.
        missing: How missing data points are treated.
    """
    present = [point for point in points if point is not None]
    if len(present) >= periods:
        return ALARM if sum(present[-periods:]) >= to_alarm else OK
    breaching = sum(present)
    if missing == "breaching":
        breaching += periods - len(present)
    if missing in ("breaching", "notBreaching") or breaching >= to_alarm:
        return ALARM if breaching >= to_alarm else OK
    if not all(present):
        return OK
    if missing == "ignore":
        return None
    if not present:
        return INSUFFICIENT_DATA
    return ALARM if len(points) - list(points).index(True) >= to_alarm else None


def from_description(item: Mapping[str, Any]) -> Alarm | None:
    """Return an alarm of DescribeAlarms; None where it is of a kind that is not evaluated here."""
    queries = _queries(item)
    if item.get("ComparisonOperator") not in COMPARISONS or not queries or "Threshold" not in item:
        return None
    periods = [query["MetricStat"]["Period"] for query in queries if "MetricStat" in query]
    return Alarm(
        name=item["AlarmName"],
        state=item["StateValue"],
        threshold=item["Threshold"],
        comparison=item["ComparisonOperator"],
        period=int(item.get("Period") or max(periods, default=60)),
        evaluation_periods=item["EvaluationPeriods"],
        datapoints_to_alarm=item.get("DatapointsToAlarm") or item["EvaluationPeriods"],
        missing=item.get("TreatMissingData") or "missing",
        queries=queries,
        statistic=item.get("Statistic") or item.get("ExtendedStatistic"),
    )


def _queries(item: Mapping[str, Any]) -> tuple[Query, ...]:
    if item.get("Metrics"):
        metrics = tuple(item["Metrics"])
        returning = [query for query in metrics if query.get("ReturnData") is not False]
        return metrics if len(returning) == 1 else ()
    if not item.get("MetricName"):
        return ()
    metric = {"Namespace": item["Namespace"], "MetricName": item["MetricName"], "Dimensions": item["Dimensions"]}
    statistic = item.get("Statistic") or item.get("ExtendedStatistic")
    unit = {"Unit": item["Unit"]} if item.get("Unit") else {}
    return ({"Id": "m", "MetricStat": {"Metric": metric, "Period": item["Period"], "Stat": statistic} | unit},)
