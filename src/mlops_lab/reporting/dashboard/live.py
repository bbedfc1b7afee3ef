"""Reads a dashboard and its data from CloudWatch: GetDashboard, GetMetricData, DescribeAlarms."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from mlops_lab.errors import LabError
from mlops_lab.reporting.dashboard.body import parse
from mlops_lab.reporting.dashboard.query import alarm_lines, queries, series, span
from mlops_lab.reporting.dashboard.view import Alarm, Panel, View
from mlops_lab.reporting.dashboard.widget import AlarmWidget, Body, Json, MetricWidget, Widget

SPAN = timedelta(hours=3)  # as the console shows where neither the dashboard nor the reader says otherwise
MOST_ALARMS = 100  # of one DescribeAlarms
WORKERS = 4


def read(cloudwatch: Any, name: str, back: timedelta | None = None, now: datetime | None = None) -> View:
    """Return a dashboard with its data.

    Each widget is asked for on its own, so that one which CloudWatch refuses says so and the others are drawn.

    Args:
        cloudwatch: boto3 client.
        name: Name of the dashboard.
        back: How far to look back; None: as far as the dashboard says, else three hours.
        now: The end; None is the present.

    Raises:
        LabError: There is no such dashboard.
    """
    body = definition(cloudwatch, name)
    end = now or datetime.now(UTC)
    start = end - (back or body.span or SPAN)
    alarms = _alarms(cloudwatch, body)
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="dashboard") as pool:
        panels = pool.map(lambda widget: _panel(cloudwatch, widget, alarms, start, end), body.widgets)
        return View(name, cloudwatch.meta.region_name, start, end, tuple(panels))


def definition(cloudwatch: Any, name: str) -> Body:
    """Return a dashboard's definition.

    Raises:
        LabError: There is no such dashboard.
    """
    try:
        return parse(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ResourceNotFound", "DashboardNotFoundError"):
            raise
        known = [entry["DashboardName"] for entry in cloudwatch.list_dashboards()["DashboardEntries"]]
        advice = f"use one of {', '.join(known)}" if known else "`make apply` creates the lab's"
        raise LabError(f"CloudWatch has no dashboard {name!r}; {advice}.") from None


def _panel(cloudwatch: Any, widget: Widget, alarms: Mapping[str, Json], start: datetime, end: datetime) -> Panel:
    try:
        if isinstance(widget, AlarmWidget):
            return _alarm_panel(widget, alarms)
        if isinstance(widget, MetricWidget):
            return _metric_panel(cloudwatch, widget, alarms, start, end)
    except ClientError as error:
        details = error.response["Error"]
        return Panel(widget, trouble=f"CloudWatch refused: {details.get('Message') or details.get('Code')}")
    return Panel(widget)


def _alarm_panel(widget: AlarmWidget, alarms: Mapping[str, Json]) -> Panel:
    return Panel(widget, alarms=tuple(_alarm(arn, alarms) for arn in widget.alarms))


def _metric_panel(
    cloudwatch: Any, widget: MetricWidget, alarms: Mapping[str, Json], start: datetime, end: datetime
) -> Panel:
    shown: tuple[Alarm, ...] = ()
    if (arn := widget.alarm) is not None:
        if (found := alarms.get(arn)) is None:
            return Panel(widget, trouble=f"there is no alarm {_name(arn)}")
        lines, thresholds = alarm_lines(found)
        widget = replace(
            widget,
            lines=widget.lines or lines,
            thresholds=(*widget.thresholds, *thresholds),
            title=widget.title or found["AlarmName"],
        )
        shown = (_alarm(arn, alarms),)
    if widget.region not in (None, cloudwatch.meta.region_name):
        return Panel(widget, trouble=f"its data is in {widget.region}; this reads {cloudwatch.meta.region_name}")
    if not any(line.visible for line in widget.lines):
        return Panel(widget, alarms=shown)
    results = _results(cloudwatch, widget, start, end)
    withheld = sorted({each["StatusCode"] for each in results} & {"InternalError", "Forbidden"})
    trouble = f"CloudWatch answered {', '.join(withheld)}" if withheld else None
    return Panel(widget, series(widget.lines, results), shown, trouble)


def _results(cloudwatch: Any, widget: MetricWidget, start: datetime, end: datetime) -> list[Json]:
    first, last = span(widget, start, end)
    if first >= last:
        return []
    pages = cloudwatch.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries(widget.lines), StartTime=first, EndTime=last, ScanBy="TimestampAscending"
    )
    return [result for page in pages for result in page["MetricDataResults"]]


def _alarms(cloudwatch: Any, body: Body) -> dict[str, Json]:
    """Return the alarms that the widgets name, by ARN."""
    names = sorted({_name(arn) for widget in body.widgets for arn in _arns(widget)})
    found: list[Json] = []
    for first in range(0, len(names), MOST_ALARMS):
        answer = cloudwatch.describe_alarms(
            AlarmNames=names[first : first + MOST_ALARMS],
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            MaxRecords=MOST_ALARMS,
        )
        found += [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
    return {each["AlarmArn"]: each for each in found}


def _arns(widget: Widget) -> Iterable[str]:
    if isinstance(widget, AlarmWidget):
        return widget.alarms
    return (widget.alarm,) if isinstance(widget, MetricWidget) and widget.alarm else ()


def _alarm(arn: str, alarms: Mapping[str, Json]) -> Alarm:
    if (found := alarms.get(arn)) is None:
        return Alarm(_name(arn), "MISSING")
    since = found.get("StateTransitionedTimestamp") or found.get("StateUpdatedTimestamp")
    return Alarm(found["AlarmName"], found["StateValue"], since, str(found.get("StateReason", "")))


def _name(arn: str) -> str:
    return arn.partition(":alarm:")[2] or arn
