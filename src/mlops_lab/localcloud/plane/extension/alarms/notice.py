"""What an alarm tells an SNS topic: CloudWatch's notification as JSON, and its subject. Pure.

The shape is that of notifications received from AWS; times are in UTC with milliseconds.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

LONGEST_SUBJECT = 100  # characters; SNS takes no more


def subject(alarm: str, state: str, region: str) -> str:
    """``ALARM: "name" in US East (N. Virginia)``."""
    return f'{state}: "{alarm}" in {region}'[:LONGEST_SUBJECT]


def message(alarm: Any, old_state: str, account: str, region: str, second: float) -> str:
    """Return the notification of a moto alarm that has just changed its state.

    Args:
        alarm: Moto's alarm, in its new state.
        old_state: The state before.
        account: Id of the account.
        region: The region's long name.
        second: Time of the change, since the epoch.
    """
    content = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": time_of(_second(alarm.configuration_updated_timestamp)),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": time_of(second),
        "Region": region,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": old_state,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
    }
    return json.dumps(content | ({"AlarmRule": alarm.rule} if alarm.rule else {"Trigger": _trigger(alarm)}))


def time_of(second: float) -> str:
    """``2026-11-23T07:30:00.000+0000``."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


def _trigger(alarm: Any) -> dict[str, Any]:
    metrics = [_query(each) for each in alarm.metric_data_queries]
    counted = {"DatapointsToAlarm": alarm.datapoints_to_alarm} if alarm.datapoints_to_alarm else {}
    common = {
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        **counted,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }
    return common | {"Metrics": metrics} if metrics else _metric(alarm) | common


def _metric(alarm: Any) -> dict[str, Any]:
    statistic = (
        {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": alarm.extended_statistic}
        if alarm.extended_statistic
        else {"StatisticType": "Statistic", "Statistic": _screaming(alarm.statistic)}
    )
    return {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        **statistic,
        "Unit": alarm.unit,
        "Dimensions": _dimensions(alarm.dimensions),
    }


def _query(query: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"Id": query.id, "Label": query.label, "ReturnData": query.return_data is not False}
    if query.expression:
        return shown | {"Expression": query.expression}
    found = query.metric_stat
    metric = {
        "Dimensions": _dimensions(found.metric.dimensions),
        "MetricName": found.metric.metric_name,
        "Namespace": found.metric.namespace,
    }
    return shown | {"MetricStat": {"Metric": metric, "Period": found.period, "Stat": found.stat}}


def _dimensions(dimensions: Any) -> list[Mapping[str, str]]:
    return [{"value": each.value, "name": each.name} for each in dimensions]


def _screaming(statistic: str | None) -> str:
    """``SampleCount`` as notifications write it: ``SAMPLE_COUNT``."""
    return "SAMPLE_COUNT" if statistic == "SampleCount" else (statistic or "").upper()


def _second(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
