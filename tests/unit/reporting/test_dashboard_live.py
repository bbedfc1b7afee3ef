"""Reading a dashboard, against a CloudWatch that answers from dictionaries."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_lab.errors import LabError
from mlops_lab.reporting.dashboard.chart import lacking
from mlops_lab.reporting.dashboard.live import read
from mlops_lab.reporting.dashboard.view import Panel

NOW = datetime(2026, 11, 23, 8, 0, 30, tzinfo=UTC)
ARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"
CPU = ["AWS/ECS", "CPUUtilization", "ServiceName", "income"]
ALARM = {
    "AlarmName": "cpu",
    "AlarmArn": f"{ARN}cpu",
    "StateValue": "ALARM",
    "StateReason": "91 > 85",
    "Namespace": "AWS/ECS",
    "MetricName": "CPUUtilization",
    "Dimensions": [],
    "Statistic": "Average",
    "Period": 60,
    "Threshold": 85.0,
}


class FakeCloudWatch:
    """Dashboards, values by metric name, and alarms; a metric named Refused is refused."""

    def __init__(self, *widgets: dict[str, Any], start: str | None = None, alarms: tuple[dict[str, Any], ...] = ()):
        self.meta = SimpleNamespace(region_name="us-east-1")
        self.body = json.dumps({"widgets": widgets} | ({"start": start} if start else {}))
        self.alarms = alarms
        self.values: dict[str, list[float]] = {"CPUUtilization": [10.0, 20.0]}
        self.status = "Complete"
        self.asked: list[dict[str, Any]] = []

    def get_dashboard(self, DashboardName: str) -> dict[str, Any]:
        if DashboardName != "lab":
            raise ClientError({"Error": {"Code": "ResourceNotFound", "Message": "no"}}, "GetDashboard")
        return {"DashboardBody": self.body}

    def list_dashboards(self) -> dict[str, Any]:
        return {"DashboardEntries": [{"DashboardName": "lab"}]}

    def describe_alarms(self, AlarmNames: list[str], AlarmTypes: list[str], MaxRecords: int) -> dict[str, Any]:
        return {"MetricAlarms": [each for each in self.alarms if each["AlarmName"] in AlarmNames]}

    def get_paginator(self, operation: str) -> "FakeCloudWatch":
        assert operation == "get_metric_data"
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:
        self.asked.append(asked)
        names = {each["Id"]: each["MetricStat"]["Metric"]["MetricName"] for each in asked["MetricDataQueries"]}
        if "Refused" in names.values():
            raise ClientError({"Error": {"Code": "ValidationError", "Message": "bad query"}}, "GetMetricData")
        yield {"MetricDataResults": [self._result(key, name) for key, name in names.items()]}

    def _result(self, key: str, name: str) -> dict[str, Any]:
        values = self.values.get(name, [])
        moments = [NOW.replace(second=0) - timedelta(minutes=minute + 1) for minute in range(len(values))]
        return {"Id": key, "Label": name, "Timestamps": moments, "Values": values, "StatusCode": self.status}


def metric(name: str = "CPUUtilization", **properties: Any) -> dict[str, Any]:
    metrics = [["AWS/ECS", name, "ServiceName", "income"]]
    return {"type": "metric", "properties": {"title": name, "period": 60, "metrics": metrics} | properties}


def panels(cloudwatch: FakeCloudWatch) -> tuple[Panel, ...]:
    return read(cloudwatch, "lab", now=NOW).panels


def test_each_widget_holds_its_data():
    (panel,) = panels(FakeCloudWatch(metric()))

    assert panel.has_data
    assert panel.series[0].values == [20.0, 10.0]  # oldest first


def test_the_reader_s_span_goes_before_the_dashboard_s_and_that_before_three_hours():
    cloudwatch = FakeCloudWatch(metric(), start="-PT1H")

    spans = [
        read(cloudwatch, "lab", timedelta(minutes=15), NOW),
        read(cloudwatch, "lab", now=NOW),
        read(FakeCloudWatch(metric()), "lab", now=NOW),
    ]

    assert [view.end - view.start for view in spans] == [timedelta(minutes=15), timedelta(hours=1), timedelta(hours=3)]


def test_a_metric_without_a_value_has_no_data():
    (panel,) = panels(FakeCloudWatch(metric("Unknown")))

    assert lacking(panel) == "no data"


def test_a_widget_that_cloudwatch_refuses_leaves_the_others():
    refused, fine = panels(FakeCloudWatch(metric("Refused"), metric()))

    assert lacking(refused) == "CloudWatch refused: bad query"
    assert lacking(fine) is None


def test_values_that_cloudwatch_withholds_are_no_empty_chart():
    cloudwatch = FakeCloudWatch(metric())
    cloudwatch.status = "Forbidden"

    (panel,) = panels(cloudwatch)

    assert lacking(panel) == "CloudWatch answered Forbidden"


def test_a_widget_of_another_region_says_so_and_asks_nothing():
    cloudwatch = FakeCloudWatch(metric(region="eu-west-1"))

    (panel,) = panels(cloudwatch)

    assert lacking(panel) == "its data is in eu-west-1; this reads us-east-1"
    assert cloudwatch.asked == []


def test_an_alarm_widget_shows_states_and_names_what_is_gone():
    widget = {"type": "alarm", "properties": {"alarms": [f"{ARN}cpu", f"{ARN}deleted"]}}

    (panel,) = panels(FakeCloudWatch(widget, alarms=(ALARM,)))

    assert [(alarm.name, alarm.state) for alarm in panel.alarms] == [("cpu", "ALARM"), ("deleted", "MISSING")]


def test_a_widget_of_an_alarm_shows_its_metric_threshold_and_state():
    widget = metric(metrics=[], title="", annotations={"alarms": [f"{ARN}cpu"]})

    (panel,) = panels(FakeCloudWatch(widget, alarms=(ALARM,)))

    assert panel.series[0].values == [20.0, 10.0]
    assert panel.widget.thresholds[0].value == 85
    assert panel.widget.title == "cpu"
    assert panel.alarms[0].state == "ALARM"


def test_a_widget_of_an_alarm_that_is_gone_says_so():
    (panel,) = panels(FakeCloudWatch(metric(annotations={"alarms": [f"{ARN}deleted"]})))

    assert lacking(panel) == "there is no alarm deleted"


def test_a_dashboard_that_does_not_exist_is_named_with_those_that_do():
    with pytest.raises(LabError, match="no dashboard 'other'; use one of lab"):
        read(FakeCloudWatch(), "other", now=NOW)
