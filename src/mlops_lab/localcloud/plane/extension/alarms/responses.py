"""The operations of CloudWatch: moto's, those on metrics, and DescribeAlarmHistory."""

from typing import Any

import moto.cloudwatch.urls
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.responses import ActionResult

from mlops_lab.localcloud.plane.extension.alarms.backend import AlarmsBackend
from mlops_lab.localcloud.plane.extension.alarms.history import Item, Wanted, found
from mlops_lab.localcloud.plane.extension.metrics.backend import moment
from mlops_lab.localcloud.plane.extension.metrics.datum import seconds
from mlops_lab.localcloud.plane.extension.metrics.responses import MetricsResponse, page
from mlops_lab.localcloud.plane.extension.routes import extend, route

PAGE = 100


class AlarmsResponse(MetricsResponse):
    """Moto's operations on alarms, and their history."""

    def describe_alarm_history(self) -> ActionResult:
        """DescribeAlarmHistory."""
        given = self._get_params()
        wanted = Wanted(
            alarm=given.get("AlarmName"),
            kind=given.get("HistoryItemType"),
            types=given.get("AlarmTypes") or ("MetricAlarm",),
            start=seconds(given["StartDate"]) if given.get("StartDate") else None,
            end=seconds(given["EndDate"]) if given.get("EndDate") else None,
        )
        items = found(self.cloudwatch_backend.alarm_history, wanted)
        if given.get("ScanBy") != "TimestampAscending":
            items.reverse()
        shown, token = page(items, given.get("NextToken"), int(given.get("MaxRecords") or PAGE))
        return ActionResult({"AlarmHistoryItems": [_shown(item) for item in shown]} | token)


def _shown(item: Item) -> dict[str, Any]:
    return {
        "AlarmName": item.alarm,
        "AlarmType": item.alarm_type,
        "Timestamp": moment(item.second),
        "HistoryItemType": item.kind,
        "HistorySummary": item.summary,
        "HistoryData": item.data,
    }


def install() -> None:
    """Replace moto's backend and operations."""
    extend(cloudwatch_backends, AlarmsBackend, moto.cloudwatch.urls)
    route(moto.cloudwatch.urls, AlarmsResponse)
