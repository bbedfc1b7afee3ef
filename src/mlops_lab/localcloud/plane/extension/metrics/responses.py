"""The operations on metrics: PutMetricData, GetMetricData, GetMetricStatistics, ListMetrics."""

from collections.abc import Sequence
from typing import Any, TypeVar

from moto.cloudwatch.exceptions import InvalidParameterCombination, InvalidParameterValue, ValidationError
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from mlops_lab.localcloud.plane.engine import determinism
from mlops_lab.localcloud.plane.extension.metrics.backend import MetricsBackend, Span
from mlops_lab.localcloud.plane.extension.metrics.datum import Metric, dimensions, seconds

T = TypeVar("T")
PAGE = 500
ACTIVE_SECONDS = 3 * 3600  # RecentlyActive PT3H


class MetricsResponse(CloudWatchResponse):  # type: ignore[misc]
    """Moto's operations, with those on metrics answered from the compact store."""

    @property
    def _metrics(self) -> MetricsBackend:
        backend: MetricsBackend = self.cloudwatch_backend
        return backend

    def get_metric_data(self) -> ActionResult:
        """GetMetricData."""
        given = self._get_params()
        start, end = seconds(given["StartTime"]), seconds(given["EndTime"])
        queries = given.get("MetricDataQueries") or []
        if start >= end:
            raise ValidationError("The parameter StartTime must be less than the parameter EndTime.")
        if lacking := [each["Id"] for each in queries if not each.keys() & {"MetricStat", "Expression"}]:
            raise ValidationError(f"The query {lacking[0]} has neither MetricStat nor Expression.")
        results = self._metrics.query(queries, start, end, given.get("ScanBy") != "TimestampAscending")
        return ActionResult({"MetricDataResults": results, "Messages": []})

    def get_metric_statistics(self) -> ActionResult:
        """GetMetricStatistics."""
        names = [*self._get_param("Statistics", []), *self._get_param("ExtendedStatistics", [])]
        if not names:
            raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
        name = self._get_param("MetricName")
        metric = Metric(self._get_param("Namespace"), name, dimensions(self._get_param("Dimensions", [])), "")
        span = Span(self._get_param("StartTime"), self._get_param("EndTime"), int(self._get_param("Period")))
        points = self._metrics.statistics(metric, span, names, self._get_param("Unit"))
        return ActionResult({"Label": name, "Datapoints": points})

    def list_metrics(self) -> ActionResult:
        """ListMetrics."""
        named = self._get_param("Namespace"), self._get_param("MetricName")
        filters = [(each["Name"], each.get("Value")) for each in self._get_params().get("Dimensions") or []]
        since = determinism.now() - ACTIVE_SECONDS if self._get_param("RecentlyActive") else 0.0
        stores = (self._metrics.store, self._metrics.measured())
        found = [each for store in stores for each in store.find(*named, filters, since)]
        shown, token = page(found, self._get_param("NextToken"), PAGE)
        return ActionResult({"Metrics": [_shown(*each) for each in shown]} | token)


def page(items: Sequence[T], token: str | None, size: int) -> tuple[Sequence[T], dict[str, str]]:
    """Return the items after a token, and the token after them where there are more: the number of items shown.

    Raises:
        InvalidParameterValue: The token is not one of these.
    """
    if token and not token.isdigit():
        raise InvalidParameterValue("Request parameter NextToken is invalid")
    start = int(token or 0)
    end = start + size
    return items[start:end], {"NextToken": str(end)} if end < len(items) else {}


def _shown(namespace: str, name: str, found: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    shown = [{"Name": key, "Value": value} for key, value in found]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": shown}
