"""Metrics that come in log lines, in CloudWatch's embedded metric format, as CloudWatch Logs takes them out. Pure.

The format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
A line that does not keep to it is a line like any other, and so is a metric in it whose value is no number.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

Datum = dict[str, Any]  # as PutMetricData takes it


def extract(line: str) -> Iterator[tuple[str, Datum]]:
    """Yield namespace and datum of every metric of a line, for each of its combinations of dimensions."""
    if '"_aws"' not in line:
        return
    try:
        members = json.loads(line)
        moment = datetime.fromtimestamp(members["_aws"]["Timestamp"] / 1_000, UTC)
        directives = members["_aws"]["CloudWatchMetrics"]
        found = [each for directive in directives for each in _data(directive, members, moment)]
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return
    yield from found


def _data(directive: dict[str, Any], members: dict[str, Any], moment: datetime) -> Iterator[tuple[str, Datum]]:
    for metric in directive["Metrics"]:
        values = _values(members.get(metric["Name"]))
        for names in directive["Dimensions"] if values else []:
            datum: Datum = {
                "MetricName": metric["Name"],
                "Dimensions": [{"Name": name, "Value": str(members[name])} for name in names],
                "Timestamp": moment,
                "Values": values,
                "Unit": metric.get("Unit", "None"),
                "StorageResolution": 1,  # as all data of the embedded cloud; AWS: 60 unless the metric says 1
            }
            yield directive["Namespace"], datum


def _values(value: Any) -> list[float]:
    values: Iterable[Any] = value if isinstance(value, list) else [value]
    return [float(each) for each in values if isinstance(each, int | float) and not isinstance(each, bool)]
