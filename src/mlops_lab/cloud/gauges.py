"""Figures of the lab's own in CloudWatch, in its namespace."""

from collections.abc import Mapping

from mlops_lab import catalog
from mlops_lab.cloud.session import client, explained
from mlops_lab.settings import Settings


def publish(settings: Settings, values: Mapping[str, float], dimensions: Mapping[str, str]) -> None:
    """Put values of metrics at this moment.

    Raises:
        LabError: CloudWatch does not take them.
    """
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    data = [{"MetricName": name, "Value": value, "Dimensions": named} for name, value in values.items()]
    with explained(settings):
        client(settings, "cloudwatch").put_metric_data(Namespace=catalog.NAME, MetricData=data)
