"""What became of CloudWatch's alarms: changes of state and the actions that followed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mlops_lab.cloud.session import client, explained
from mlops_lab.settings import Settings


@dataclass(frozen=True)
class Change:
    """An alarm went from one state to another."""

    alarm: str
    moment: datetime
    before: str  # OK, ALARM, INSUFFICIENT_DATA
    after: str
    reason: str


@dataclass(frozen=True)
class Action:
    """An alarm's action was executed, or failed."""

    alarm: str
    moment: datetime
    arn: str
    succeeded: bool


def changes(settings: Settings, start: datetime, end: datetime) -> list[Change]:
    """Return the changes of state of every metric alarm in a span, the oldest first."""
    with explained(settings):
        return [_change(item) for item in _items(client(settings, "cloudwatch"), "StateUpdate", start, end)]


def actions(settings: Settings, start: datetime, end: datetime) -> list[Action]:
    """Return the actions of every metric alarm in a span, the oldest first."""
    with explained(settings):
        return [_action(item) for item in _items(client(settings, "cloudwatch"), "Action", start, end)]


def _items(cloudwatch: Any, kind: str, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(
        HistoryItemType=kind, StartDate=start, EndDate=end, ScanBy="TimestampAscending"
    )
    for page in pages:
        yield from page["AlarmHistoryItems"]


def _change(item: dict[str, Any]) -> Change:
    data = json.loads(item["HistoryData"])
    before, after = data["oldState"]["stateValue"], data["newState"]
    return Change(
        item["AlarmName"], item["Timestamp"].astimezone(UTC), before, after["stateValue"], after.get("stateReason", "")
    )


def _action(item: dict[str, Any]) -> Action:
    data = json.loads(item["HistoryData"])
    arn = data.get("notificationResource") or data.get("resource") or ""
    return Action(item["AlarmName"], item["Timestamp"].astimezone(UTC), arn, data.get("actionState") == "Succeeded")
