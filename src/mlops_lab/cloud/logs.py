"""CloudWatch Logs: the latest lines of a log group."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from mlops_lab import catalog
from mlops_lab.cloud.session import client, explained
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings


def latest(settings: Settings, project: str, count: int) -> Iterator[str]:
    """Yield the newest lines of a project's tasks, oldest first: time, stream, message.

    Raises:
        LabError: The project has no log group.
    """
    group = catalog.log_group(project)
    with explained(settings):
        logs = client(settings, "logs")
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            raise LabError(f"Log group {group} does not exist; PROJECT is {project!r}, use a deployed project.")
        events = sorted(_newest(logs, group, count), key=lambda event: int(event["timestamp"]))
    for event in events[-count:]:
        moment = datetime.fromtimestamp(event["timestamp"] / 1000, UTC).strftime("%H:%M:%S.%f")[:-3]
        yield f"{moment} {event['stream']} {event['message']}"


def _newest(logs: Any, group: str, count: int, streams: int = 5) -> Iterator[dict[str, Any]]:
    answer = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True, limit=streams)
    for stream in answer["logStreams"]:
        name = stream["logStreamName"]
        events = logs.get_log_events(logGroupName=group, logStreamName=name, limit=count, startFromHead=False)["events"]
        yield from (event | {"stream": name} for event in events)
