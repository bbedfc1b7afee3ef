"""Moto's alarms with AWS's states, a history, and actions that reach SNS."""

from datetime import UTC, datetime
from functools import cache
from typing import Any

from botocore.loaders import Loader
from moto.core.exceptions import ServiceException
from moto.sns.models import sns_backends

from mlops_lab.localcloud.plane.engine import determinism
from mlops_lab.localcloud.plane.extension.alarms import history, notice
from mlops_lab.localcloud.plane.extension.alarms.history import Item, State
from mlops_lab.localcloud.plane.extension.metrics.backend import MetricsBackend

ACTIONS = {"ALARM": "alarm_actions", "OK": "ok_actions", "INSUFFICIENT_DATA": "insufficient_data_actions"}

KEPT = (
    "state_value",
    "state_reason",
    "state_reason_data",
    "state_updated_timestamp",
    "state_transitioned_timestamp",
)


class AlarmsBackend(MetricsBackend):
    """Keeps what happened to alarms, and tells their topics when they change their state.

    SetAlarmState is the one place where a state changes, whoever calls it, so that the actions belong to it, as on AWS.
    """

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.alarm_history: list[Item] = []

    def put_metric_alarm(self, name: str, *arguments: Any, **named: Any) -> Any:
        """PutMetricAlarm: a new alarm has too little data, a changed one keeps its state."""
        before = self.alarms.get(name)
        alarm = super().put_metric_alarm(name, *arguments, **named)
        if before is None:
            alarm.state_value = "INSUFFICIENT_DATA"
            alarm.state_transitioned_timestamp = alarm.state_updated_timestamp
        else:
            for attribute in KEPT:
                setattr(alarm, attribute, getattr(before, attribute))
        self._remember(
            history.configuration_update(name, _type(alarm), determinism.now(), "updated" if before else "created")
        )
        return alarm

    def delete_alarms(self, alarm_names: list[str]) -> None:
        """DeleteAlarms."""
        for alarm in self.get_alarms_by_alarm_names(alarm_names):
            self._remember(history.configuration_update(alarm.name, _type(alarm), determinism.now(), "deleted"))
        super().delete_alarms(alarm_names)

    def set_alarm_state(self, alarm_name: str, reason: str, reason_data: str | None, state_value: str) -> None:
        """SetAlarmState, with the actions of the new state where it is another than before."""
        before = _state(self.alarms[alarm_name]) if alarm_name in self.alarms else None
        super().set_alarm_state(alarm_name, reason, reason_data, state_value)
        alarm = self.alarms[alarm_name]
        alarm.history.clear()  # moto's own, which nothing shows and which would grow for ever
        if before is not None and before.value != state_value:
            now = determinism.now()
            alarm.state_transitioned_timestamp = datetime.fromtimestamp(now, UTC).replace(tzinfo=None)
            self._remember(history.state_update(alarm_name, _type(alarm), now, before, _state(alarm)))
            self._act(alarm, before.value, now)

    def _act(self, alarm: Any, old_state: str, now: float) -> None:
        if not alarm.actions_enabled:
            return
        region = region_name(self.region_name)
        message = notice.message(alarm, old_state, self.account_id, region, now)
        subject = notice.subject(alarm.name, alarm.state_value, region)
        for arn in getattr(alarm, ACTIONS[alarm.state_value]):
            if arn.split(":")[2:3] == ["sns"]:
                problem = _publish(arn, subject, message)
                self._remember(history.action(alarm.name, _type(alarm), now, arn, problem))

    def _remember(self, item: Item) -> None:
        self.alarm_history = history.kept([*self.alarm_history, item], item.second)


def _publish(arn: str, subject: str, message: str) -> str | None:
    """Publish to a topic; return what is wrong, or None."""
    _, _, _, region, account, _ = arn.split(":", 5)
    try:
        sns_backends[account][region].publish(message=message, arn=arn, subject=subject)
    except ServiceException as error:
        return str(error.message)
    return None


def _state(alarm: Any) -> State:
    return State(alarm.state_value, alarm.state_reason, alarm.state_reason_data)


def _type(alarm: Any) -> str:
    return "CompositeAlarm" if alarm.rule else "MetricAlarm"


@cache
def region_name(code: str) -> str:
    """A region's long name: ``US East (N. Virginia)``; the code where AWS has none for it."""
    partitions = Loader().load_data("endpoints")["partitions"]
    names = {region: found["description"] for partition in partitions for region, found in partition["regions"].items()}
    return str(names.get(code, code))
