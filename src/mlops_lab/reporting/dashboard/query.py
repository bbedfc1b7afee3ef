"""GetMetricData for a widget: its queries, and the series in its results. Pure."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mlops_lab.reporting.dashboard.view import Series
from mlops_lab.reporting.dashboard.widget import Json, Line, MetricWidget, Threshold


def queries(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """Return the MetricDataQueries of lines; a hidden one is asked for as others compute with it."""
    return [_query(line) | {"Id": line.id, "ReturnData": line.visible} | _label(line) for line in lines]


def span(widget: MetricWidget, start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """Return from when to when a widget asks: whole periods, and only those that have ended, unless it is live.

    A period that has not ended has a sum that is too small: it would draw a fall that is none.
    """
    period = timedelta(seconds=widget.period)
    first, last = _edge(start, widget.period, math.ceil), _edge(end, widget.period, math.floor)
    return first, last + period if widget.live else last


def series(lines: Sequence[Line], results: Sequence[Json]) -> tuple[Series, ...]:
    """Return a series for each visible line, in their order; one that nothing was answered for is empty.

    A SEARCH expression answers with several series of one id, each with a label of its own.
    """
    shown = [line for line in lines if line.visible]
    parts = distinguishing(shown)
    return tuple(each for line in shown for each in _series_of(line, results, parts))


def alarm_lines(alarm: Json) -> tuple[tuple[Line, ...], tuple[Threshold, ...]]:
    """Return what a widget shows of a metric alarm: its metric, or its expression's parts, and its threshold."""
    limit = Threshold(float(alarm["Threshold"]), str(alarm["AlarmName"])) if "Threshold" in alarm else None
    return tuple(_alarm_lines(alarm)), (limit,) if limit else ()


def distinguishing(lines: Sequence[Line]) -> dict[str, list[str]]:
    """Return, by line, what tells its metric from the others of the widget: their common parts are left out."""
    known = {line.id: _named(line.metric) for line in lines if line.metric is not None}
    common = set.intersection(*(set(each.items()) for each in known.values())) if known else set()
    return {
        key: [value for pair in named.items() if pair not in common for value in pair[1:]]
        for key, named in known.items()
    }


def _query(line: Line) -> dict[str, Any]:
    if line.metric is None:
        return {"Expression": line.expression, "Period": line.period}
    return {"MetricStat": {"Metric": line.metric, "Period": line.period, "Stat": line.stat}}


def _label(line: Line) -> dict[str, str]:
    return {"Label": line.label} if line.label else {}


def _series_of(line: Line, results: Sequence[Json], parts: Mapping[str, Sequence[str]]) -> Iterator[Series]:
    own = [each for each in results if each["Id"] == line.id]
    labels = list(dict.fromkeys(str(each.get("Label")) for each in own))
    if len(labels) < 2:
        yield _series(line, own, _shown(line, own, parts))
    else:
        yield from (_series(line, [each for each in own if each.get("Label") == label], label) for label in labels)


def _series(line: Line, results: Sequence[Json], label: str) -> Series:
    points = sorted(
        (moment.timestamp(), float(value))
        for result in results
        for moment, value in zip(result["Timestamps"], result["Values"], strict=True)
    )
    return Series(
        label=label,
        moments=[moment for moment, _ in points],
        values=[value for _, value in points],
        period=line.period,
        side=line.side,
        colour=line.colour,
    )


def _shown(line: Line, results: Sequence[Json], parts: Mapping[str, Sequence[str]]) -> str:
    """Return a line's name: the label asked for as CloudWatch resolved it, else what tells it from the others."""
    if line.label:
        return str(results[0].get("Label") or line.label) if results else line.label
    if line.metric is None:
        return str(line.expression)
    return " ".join(parts[line.id]) or str(line.metric["MetricName"])


def _named(metric: Json) -> dict[str, str]:
    dimensions = {str(each["Name"]): str(each["Value"]) for each in metric["Dimensions"]}
    return {"MetricName": str(metric["MetricName"])} | dimensions


def _alarm_lines(alarm: Json) -> list[Line]:
    if "MetricName" in alarm:
        metric = {"Namespace": alarm["Namespace"], "MetricName": alarm["MetricName"], "Dimensions": alarm["Dimensions"]}
        stat = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        return [Line("alarm", stat, int(alarm["Period"]), metric, label=str(alarm["MetricName"]))]
    return [_alarm_line(each) for each in alarm.get("Metrics", [])]


def _alarm_line(query: Json) -> Line:
    measured = query.get("MetricStat", {})
    return Line(
        id=str(query["Id"]),
        stat=str(measured.get("Stat", "")),
        period=int(measured.get("Period") or query.get("Period") or 60),
        metric=measured.get("Metric"),
        expression=query.get("Expression"),
        label=query.get("Label"),
        visible=bool(query.get("ReturnData", True)),
    )


def _edge(moment: datetime, period: int, rounded: Callable[[float], int]) -> datetime:
    return datetime.fromtimestamp(rounded(moment.timestamp() / period) * period, UTC)
