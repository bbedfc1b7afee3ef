"""The log's metrics, as log lines in CloudWatch's embedded metric format: no permission and no endpoint is needed.

The format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mlops_lab import catalog

MOST = 100  # values of a metric in one line
Values = tuple[str, float | list[float]]  # unit; one value or several


def shed(project: str, rows: int, moment: float) -> dict[str, Any]:
    """Return the fields of a log line from which CloudWatch takes how many rows were shed. Pure.

    Args:
        project: Name of the project, the metric's dimension.
        rows: Since the last line.
        moment: Seconds since the epoch.
    """
    return _embedded([["Project"]], {"Project": project}, moment, {catalog.SHED: ("Count", rows)})


def answered(
    project: str, version: str, scores: Sequence[float], milliseconds: Sequence[float], moment: float
) -> Iterator[dict[str, Any]]:
    """Yield the fields of log lines from which CloudWatch takes what a model version has answered. Pure.

    Args:
        project: Name of the project.
        version: Of the model; the metrics are there with and without it as a dimension.
        scores: Of the rows.
        milliseconds: That each request took.
        moment: Seconds since the epoch.
    """
    dimensions = {"Project": project, "ModelVersion": version}
    for start in range(0, max(len(scores), len(milliseconds)), MOST):
        rows, requests = scores[start : start + MOST], milliseconds[start : start + MOST]
        values: dict[str, Values] = {}
        if rows:
            values |= {catalog.PREDICTIONS: ("Count", len(rows)), catalog.SCORE: ("None", list(rows))}
        if requests:
            values[catalog.LATENCY] = ("Milliseconds", list(requests))
        yield _embedded([["Project"], ["Project", "ModelVersion"]], dimensions, moment, values)


def _embedded(
    sets: Sequence[Sequence[str]],
    dimensions: Mapping[str, str],
    moment: float,
    values: Mapping[str, Values],
) -> dict[str, Any]:
    directive = {
        "Namespace": catalog.METRICS,
        "Dimensions": sets,
        "Metrics": [{"Name": name, "Unit": unit} for name, (unit, _) in values.items()],
    }
    header = {"Timestamp": int(moment * 1_000), "CloudWatchMetrics": [directive]}
    return {"_aws": header, **dimensions, **{name: value for name, (_, value) in values.items()}}
