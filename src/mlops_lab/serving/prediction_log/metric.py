"""The log's metric, as a log line in CloudWatch's embedded metric format: no permission and no endpoint is needed.

The format: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from typing import Any

from mlops_lab import catalog


def embedded(project: str, shed: int, moment: float) -> dict[str, Any]:
    """Return the fields of a log line from which CloudWatch takes how many rows were shed. Pure.

    Args:
        project: Name of the project, the metric's dimension.
        shed: Rows since the last line.
        moment: Seconds since the epoch.
    """
    directive = {
        "Namespace": catalog.METRICS,
        "Dimensions": [["Project"]],
        "Metrics": [{"Name": catalog.SHED, "Unit": "Count"}],
    }
    return {
        "_aws": {"Timestamp": int(moment * 1_000), "CloudWatchMetrics": [directive]},
        "Project": project,
        catalog.SHED: shed,
    }
