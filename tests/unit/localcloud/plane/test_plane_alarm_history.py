import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mlops_lab.localcloud.plane.extension.alarms import history, notice
from mlops_lab.localcloud.plane.extension.alarms.history import KEPT_SECONDS, MOST_ITEMS, State, Wanted

OLD = State("OK", "all is well", None)
NEW = State("ALARM", "it is not", '{"version": "1.0"}')


@dataclass
class Named:
    name: str
    value: str


@dataclass
class MotoAlarm:
    """The attributes of moto's alarm that a notification tells."""

    name: str = "cpu"
    description: str = "too busy"
    alarm_arn: str = "arn:aws:cloudwatch:us-east-1:1:alarm:cpu"
    configuration_updated_timestamp: datetime = datetime(2026, 11, 23, 7, 30)
    state_value: str = "ALARM"
    state_reason: str = "because"
    ok_actions: list[str] = field(default_factory=list)
    alarm_actions: list[str] = field(default_factory=lambda: ["arn:aws:sns:us-east-1:1:t"])
    insufficient_data_actions: list[str] = field(default_factory=list)
    rule: str | None = None
    metric_data_queries: list[Any] = field(default_factory=list)
    namespace: str = "AWS/ECS"
    metric_name: str = "CPUUtilization"
    statistic: str | None = "Average"
    extended_statistic: str | None = None
    unit: str | None = None
    dimensions: list[Named] = field(default_factory=lambda: [Named("ClusterName", "main")])
    period: int = 60
    evaluation_periods: int = 3
    datapoints_to_alarm: int | None = 2
    comparison_operator: str = "GreaterThanThreshold"
    threshold: float = 85.0
    treat_missing_data: str | None = None
    evaluate_low_sample_count_percentile: str | None = None


def told(alarm: MotoAlarm) -> dict[str, Any]:
    return json.loads(notice.message(alarm, "OK", "1", "US East (N. Virginia)", 1_790_000_000.25))


def test_a_change_of_state_is_told_with_both_states_and_their_reasons():
    item = history.state_update("cpu", "MetricAlarm", 1.0, OLD, NEW)

    assert item.summary == "Alarm updated from OK to ALARM"
    assert json.loads(item.data) == {
        "version": "1.0",
        "oldState": {"stateValue": "OK", "stateReason": "all is well"},
        "newState": {"stateValue": "ALARM", "stateReason": "it is not", "stateReasonData": {"version": "1.0"}},
    }


def test_history_is_found_by_alarm_kind_and_time():
    items = [
        history.configuration_update("cpu", "MetricAlarm", 1.0, "created"),
        history.state_update("cpu", "MetricAlarm", 2.0, OLD, NEW),
        history.action("cpu", "MetricAlarm", 3.0, "arn:topic", None),
        history.state_update("memory", "MetricAlarm", 4.0, OLD, NEW),
        history.state_update("both", "CompositeAlarm", 5.0, OLD, NEW),
    ]

    def seconds(**wanted: Any) -> list[float]:
        return [item.second for item in history.found(items, Wanted(**wanted))]

    assert seconds() == [1, 2, 3, 4]
    assert seconds(alarm="cpu", kind="StateUpdate") == [2]
    assert seconds(start=2.0, end=3.0) == [2, 3]
    assert seconds(types=("CompositeAlarm",)) == [5]


def test_an_action_that_failed_says_why():
    item = history.action("cpu", "MetricAlarm", 3.0, "arn:topic", "no such topic")

    assert item.summary == "Failed to execute action arn:topic: no such topic"


def test_history_is_neither_old_nor_endless():
    old = history.state_update("cpu", "MetricAlarm", 0.0, OLD, NEW)
    new = history.state_update("cpu", "MetricAlarm", KEPT_SECONDS, OLD, NEW)

    assert history.kept([old, new], now=KEPT_SECONDS + 1.0) == [new]
    assert len(history.kept([new] * (MOST_ITEMS + 7), now=KEPT_SECONDS)) == MOST_ITEMS


def test_a_notification_has_the_fields_of_aws_s():
    found = told(MotoAlarm())

    assert set(found) == {
        "AlarmName",
        "AlarmDescription",
        "AWSAccountId",
        "AlarmConfigurationUpdatedTimestamp",
        "NewStateValue",
        "NewStateReason",
        "StateChangeTime",
        "Region",
        "AlarmArn",
        "OldStateValue",
        "OKActions",
        "AlarmActions",
        "InsufficientDataActions",
        "Trigger",
    }
    assert (found["OldStateValue"], found["NewStateValue"]) == ("OK", "ALARM")
    assert found["StateChangeTime"] == "2026-09-21T14:13:20.250+0000"
    assert found["AlarmConfigurationUpdatedTimestamp"] == "2026-11-23T07:30:00.000+0000"
    assert found["Trigger"] == {
        "MetricName": "CPUUtilization",
        "Namespace": "AWS/ECS",
        "StatisticType": "Statistic",
        "Statistic": "AVERAGE",
        "Unit": None,
        "Dimensions": [{"value": "main", "name": "ClusterName"}],
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 2,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 85.0,
        "TreatMissingData": "missing",
        "EvaluateLowSampleCountPercentile": "",
    }


def test_a_percentile_is_told_as_an_extended_statistic():
    trigger = told(MotoAlarm(statistic=None, extended_statistic="p99"))["Trigger"]

    assert (trigger["StatisticType"], trigger["ExtendedStatistic"]) == ("ExtendedStatistic", "p99")


def test_a_subject_fits_into_what_sns_takes():
    assert notice.subject("cpu", "ALARM", "US East (N. Virginia)") == 'ALARM: "cpu" in US East (N. Virginia)'
    assert len(notice.subject("x" * 200, "ALARM", "US East (N. Virginia)")) == 100
