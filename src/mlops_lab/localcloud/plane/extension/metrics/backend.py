"""Moto's CloudWatch with the compact store in place of its list of values."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue, ValidationError
from moto.cloudwatch.models import CloudWatchBackend

from mlops_lab.localcloud.plane.engine import determinism
from mlops_lab.localcloud.plane.extension.metrics import search, statistic
from mlops_lab.localcloud.plane.extension.metrics.datum import Json, MalformedDatumError, Metric, dimensions, seconds
from mlops_lab.localcloud.plane.extension.metrics.expression import ExpressionError, compute
from mlops_lab.localcloud.plane.extension.metrics.search import Search
from mlops_lab.localcloud.plane.extension.metrics.store import MetricStore
from mlops_lab.localcloud.plane.extension.metrics.summary import Summary

SHORT_PERIODS = {1, 5, 10, 20, 30}  # seconds; longer ones are multiples of 60
MOST_DATAPOINTS = 1_440  # of GetMetricStatistics


class Span:
    """From when to when, in periods of what length."""

    def __init__(self, start: Any, end: Any, period: int) -> None:
        """Take times as the API sends them.

        Raises:
            InvalidParameterValue: The start is not before the end, or there is no such period.
        """
        self.start, self.end, self.period = seconds(start), seconds(end), period
        if self.start >= self.end:
            raise InvalidParameterValue("The parameter StartTime must be less than the parameter EndTime.")
        if period not in SHORT_PERIODS and (period < 60 or period % 60):
            raise InvalidParameterValue("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.")


class MetricsBackend(CloudWatchBackend):  # type: ignore[misc]
    """Puts and gets metrics; alarms and dashboards are moto's."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.store = MetricStore()

    def put_metric_data(self, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        """PutMetricData."""
        try:
            self.store.add(namespace, metric_data, determinism.now())
        except MalformedDatumError as error:
            raise InvalidParameterValue(f"{error}.") from error

    def statistics(self, metric: Metric, query: Span, names: Sequence[str], unit: str | None) -> list[dict[str, Any]]:
        """Return the datapoints of GetMetricStatistics, each unit on its own.

        Args:
            metric: The unit does not count.
            query: From when to when, in periods of what length.
            names: Statistics and percentiles.
            unit: None for all.
        """
        if (query.end - query.start) / query.period > MOST_DATAPOINTS:
            raise InvalidParameterCombination(
                f"You have requested up to {int((query.end - query.start) // query.period):,} datapoints, which "
                f"exceeds the limit of {MOST_DATAPOINTS:,}. You may reduce the datapoints requested by increasing "
                "Period, or decreasing the time range."
            )
        return [
            _datapoint(second, summary, names) | {"Unit": each.unit}
            for each in self._stored(metric).units(metric)
            if unit in (None, each.unit)
            for second, summary in self._periods(metric, query, each.unit).items()
        ]

    def query(self, queries: Sequence[Json], start: float, end: float, newest_first: bool) -> list[dict[str, Any]]:
        """Return the results of GetMetricData, in the order of the queries."""
        metrics = {each["Id"]: self._series(each["MetricStat"], start, end) for each in queries if "MetricStat" in each}
        known: dict[str, Mapping[int, float]] = dict(metrics)
        searches = {each["Id"]: wanted for each in queries if (wanted := search.parse(each.get("Expression", "")))}
        for each in queries:
            if "Expression" in each and each["Id"] not in searches:
                known[each["Id"]] = _computed(each, known, queries, (start, end))
        shown = [each for each in queries if each.get("ReturnData") is not False]
        return [
            _result({**each, **label}, points, newest_first)
            for each in shown
            for label, points in (
                self._searched(searches[each["Id"]], each, start, end)
                if each["Id"] in searches
                else [({}, known[each["Id"]])]
            )
        ]

    def _searched(
        self, wanted: Search, query: Json, start: float, end: float
    ) -> Iterator[tuple[dict[str, str], Mapping[int, float]]]:
        """Yield label and points of every metric that a search finds."""
        period = wanted.period or int(query.get("Period") or 60)
        for namespace, name, named in self.store.find(wanted.namespace, wanted.name, wanted.wanted):
            if wanted.finds(named):
                dimensions_ = [{"Name": key, "Value": value} for key, value in named]
                metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions_}
                points = self._series({"Metric": metric, "Stat": wanted.stat, "Period": period}, start, end)
                yield {"Label": " ".join(filter(None, (query.get("Label"), wanted.label(named))))}, points

    def _series(self, wanted: Json, start: float, end: float) -> dict[int, float]:
        named = wanted["Metric"]
        metric = Metric(named["Namespace"], named["MetricName"], dimensions(named.get("Dimensions")), "")
        periods = self._periods(metric, Span(start, end, int(wanted["Period"])), wanted.get("Unit"))
        found = {second: _statistic(wanted["Stat"], summary) for second, summary in periods.items()}
        return {second: value for second, value in found.items() if value is not None}

    def _periods(self, metric: Metric, query: Span, unit: str | None) -> Mapping[int, Summary]:
        units = (unit,) if unit else ()
        return self._stored(metric).periods(metric, query.start, query.end, query.period, units)

    def _stored(self, metric: Metric) -> MetricStore:
        """Return the store of a metric: that of what moto measures (the size of buckets) is made as it is asked."""
        return self.measured() if metric.namespace == "AWS/S3" else self.store

    def measured(self) -> MetricStore:
        """Return what moto measures."""
        store = MetricStore()
        for datum in self.aws_metric_data:
            named = [{"Name": each.name, "Value": each.value} for each in datum.dimensions]
            item = {"MetricName": datum.name, "Dimensions": named, "Unit": datum.unit, "Value": datum.value}
            store.add(datum.namespace, [item | {"Timestamp": datum.timestamp}], 0.0)
        return store


def _datapoint(second: int, summary: Summary, names: Sequence[str]) -> dict[str, Any]:
    simple = {name: _statistic(name, summary) for name in names if name in statistic.SIMPLE}
    extended = {name: _statistic(name, summary) for name in names if name not in statistic.SIMPLE}
    known = {name: value for name, value in extended.items() if value is not None}
    return {"Timestamp": moment(second)} | simple | ({"ExtendedStatistics": known} if known else {})


def _statistic(name: str, summary: Summary) -> float | None:
    try:
        return statistic.value(name, summary)
    except statistic.UnknownStatisticError:
        raise InvalidParameterValue(f"The value {name} for parameter Statistic is not supported.") from None


def _computed(
    query: Json, known: Mapping[str, Mapping[int, float]], queries: Sequence[Json], span: tuple[float, float]
) -> Mapping[int, float]:
    periods = [int(each["MetricStat"]["Period"]) for each in queries if "MetricStat" in each]
    period = int(query.get("Period") or max(periods, default=60))
    first = int(span[0] // period * period)
    try:
        return compute(query["Expression"], known, period, (first, int(span[1])))
    except ExpressionError as error:
        raise ValidationError(f"Error in expression '{query['Id']}': {error}.") from error


def _result(query: Json, points: Mapping[int, float], newest_first: bool) -> dict[str, Any]:
    named = query.get("MetricStat", {}).get("Metric", {}).get("MetricName")
    seconds_ = sorted(points, reverse=newest_first)
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or named or query["Id"],
        "Timestamps": [moment(second) for second in seconds_],
        "Values": [points[second] for second in seconds_],
        "StatusCode": "Complete",
    }


def moment(second: float) -> datetime:
    """A time as moto's serializers want it: UTC, and not saying so."""
    return datetime.fromtimestamp(second, UTC).replace(tzinfo=None)
