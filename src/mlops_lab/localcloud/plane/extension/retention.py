"""CloudWatch keeps metrics and log events for a while, not for ever: the embedded cloud holds them in memory.

A metric datum is kept for 3 hours (as AWS keeps high-resolution ones), longer while there are few, and not at all
beyond a hard limit. A log event is kept as long as its group's retention says, 14 days at most (moto's own limit for
what is accepted), and each stream keeps its newest events. What is dropped depends on the call's time alone, so a
replay drops the same.
"""

from datetime import UTC, datetime
from typing import Any

import moto.cloudwatch.urls
import moto.logs.urls
from moto.cloudwatch.models import CloudWatchBackend, cloudwatch_backends
from moto.logs.models import LogsBackend, logs_backends

from mlops_lab.localcloud.plane.engine import determinism
from mlops_lab.localcloud.plane.extension.routes import extend

METRIC_SECONDS = 3 * 3600
FEW_DATA = 20_000  # kept whatever their age
MOST_DATA = 50_000
SLACK = 1_000  # data beyond a limit before the list is rebuilt
EVENT_DAYS = 14
STREAM_EVENTS = 10_000


class BoundedMetrics(CloudWatchBackend):  # type: ignore[misc]
    """Moto's CloudWatch with a bound on its data."""

    metric_data: list[Any]

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.next_trim = FEW_DATA + SLACK  # number of data

    def put_metric_data(self, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        """Add data and drop what is too old."""
        super().put_metric_data(namespace, metric_data)
        if len(self.metric_data) >= self.next_trim:
            self.metric_data = _kept(self.metric_data)
            self.next_trim = max(len(self.metric_data), FEW_DATA) + SLACK


def _kept(data: list[Any]) -> list[Any]:
    oldest = determinism.now() - METRIC_SECONDS
    older, newest = data[:-FEW_DATA], data[-FEW_DATA:]
    return ([datum for datum in older if _seconds(datum.timestamp) >= oldest] + newest)[-MOST_DATA:]


def _seconds(timestamp: datetime) -> float:
    return (timestamp if timestamp.tzinfo else timestamp.replace(tzinfo=UTC)).timestamp()


class BoundedLogs(LogsBackend):  # type: ignore[misc]
    """Moto's CloudWatch Logs with a bound on its events."""

    def put_log_events(
        self, log_group_name: str, log_stream_name: str, log_events: list[dict[str, Any]]
    ) -> tuple[str, dict[str, Any]]:
        """Add events and drop what is too old or too many of the stream."""
        answer: tuple[str, dict[str, Any]] = super().put_log_events(log_group_name, log_stream_name, log_events)
        group = self.groups[log_group_name]
        stream = group.streams[log_stream_name]
        days = min(int(group.retention_in_days or EVENT_DAYS), EVENT_DAYS)
        oldest = (determinism.now() - days * 86_400) * 1000
        if len(stream.events) > STREAM_EVENTS + SLACK or _starts_before(stream, oldest):
            stream.events = [event for event in stream.events[-STREAM_EVENTS:] if event.timestamp >= oldest]
        return answer

    def create_log_stream(self, log_group_name: str, log_stream_name: str) -> None:
        """Create a stream and forget those whose events are all too old."""
        super().create_log_stream(log_group_name, log_stream_name)
        group = self.groups[log_group_name]
        oldest = (determinism.now() - EVENT_DAYS * 86_400) * 1000
        for name, stream in list(group.streams.items()):
            if stream.events and stream.events[-1].timestamp < oldest:
                del group.streams[name]


def _starts_before(stream: Any, oldest: float) -> bool:
    return bool(stream.events) and stream.events[0].timestamp < oldest


def install() -> None:
    """Replace moto's backends."""
    extend(cloudwatch_backends, BoundedMetrics, moto.cloudwatch.urls)
    extend(logs_backends, BoundedLogs, moto.logs.urls)
