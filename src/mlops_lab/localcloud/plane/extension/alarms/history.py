"""What became of alarms, as DescribeAlarmHistory tells it. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

KEPT_SECONDS = 30 * 86_400  # as AWS
MOST_ITEMS = 5_000  # over all alarms


class Item(NamedTuple):
    """One thing that happened to an alarm."""

    alarm: str
    alarm_type: str  # MetricAlarm, CompositeAlarm
    second: float  # since the epoch
    kind: str  # ConfigurationUpdate, StateUpdate, Action
    summary: str
    data: str  # JSON


@dataclass(frozen=True)
class Wanted:
    """Which items DescribeAlarmHistory is asked for; None is any."""

    alarm: str | None = None
    kind: str | None = None
    types: Sequence[str] = ("MetricAlarm",)
    start: float | None = None
    end: float | None = None


class State(NamedTuple):
    """An alarm's state and why it has it."""

    value: str
    reason: str
    data: str | None  # JSON


def state_update(alarm: str, alarm_type: str, second: float, old: State, new: State) -> Item:
    """The item of a change of state."""
    data = {"version": "1.0", "oldState": _told(old), "newState": _told(new)}
    summary = f"Alarm updated from {old.value} to {new.value}"
    return Item(alarm, alarm_type, second, "StateUpdate", summary, json.dumps(data))


def configuration_update(alarm: str, alarm_type: str, second: float, what: str) -> Item:
    """The item of an alarm that was ``created``, ``updated`` or ``deleted``."""
    data = {"version": "1.0", "type": {"created": "Create", "updated": "Update", "deleted": "Delete"}[what]}
    return Item(alarm, alarm_type, second, "ConfigurationUpdate", f'Alarm "{alarm}" {what}', json.dumps(data))


def action(alarm: str, alarm_type: str, second: float, arn: str, problem: str | None) -> Item:
    """The item of an action that was executed, or failed with a problem."""
    summary = f"Successfully executed action {arn}" if problem is None else f"Failed to execute action {arn}: {problem}"
    data = {"actionState": "Failed" if problem else "Succeeded", "notificationResource": arn, "error": problem}
    return Item(alarm, alarm_type, second, "Action", summary, json.dumps(data))


def kept(items: Sequence[Item], now: float) -> list[Item]:
    """Return the items that are neither too old nor too many."""
    return [item for item in items[-MOST_ITEMS:] if item.second >= now - KEPT_SECONDS]


def found(items: Sequence[Item], wanted: Wanted) -> list[Item]:
    """Return the wanted items in the order in which they happened."""
    return [
        item
        for item in items
        if wanted.alarm in (None, item.alarm)
        and wanted.kind in (None, item.kind)
        and item.alarm_type in wanted.types
        and (wanted.start is None or item.second >= wanted.start)
        and (wanted.end is None or item.second <= wanted.end)
    ]


def _told(state: State) -> dict[str, object]:
    told: dict[str, object] = {"stateValue": state.value, "stateReason": state.reason}
    return told | ({"stateReasonData": json.loads(state.data)} if state.data else {})
