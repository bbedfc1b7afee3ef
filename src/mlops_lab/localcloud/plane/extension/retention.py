"""CloudWatch Logs keeps log events for a while, not for ever: the embedded cloud holds them in memory.

A log event is kept as long as its group's retention says, 14 days at most (moto's own limit for what is accepted), and
each stream keeps its newest events. What is dropped depends on the call's time alone, so a replay drops the same.
"""

from typing import Any

import moto.logs.urls
from moto.logs.models import LogsBackend, logs_backends

from mlops_lab.localcloud.plane.engine import determinism
from mlops_lab.localcloud.plane.extension.routes import extend

SLACK = 1_000  # events beyond the limit before a stream is rebuilt
EVENT_DAYS = 14
STREAM_EVENTS = 10_000


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
    """Replace moto's backend."""
    extend(logs_backends, BoundedLogs, moto.logs.urls)
