"""Evaluates metric alarms against CloudWatch's data and sets their states."""

import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from mlops_lab.localcloud.agent.alarm_reason import reason, reason_data
from mlops_lab.localcloud.agent.alarms import Alarm, Query, Verdict, evaluate, from_description

MOST_QUERIES = 500  # of one GetMetricData, CloudWatch's limit

log = logging.getLogger(__name__)


class AlarmWatch:
    """Looks at every metric alarm; their actions belong to SetAlarmState, as on AWS."""

    def __init__(self, cloudwatch: Any):
        self._cloudwatch = cloudwatch
        self.verdicts: Mapping[str, Verdict] = {}  # alarm -> what the last evaluation found

    def step(self, tick: int) -> bool:
        """Evaluate all alarms over the periods that have ended by a second; return whether one changed its state."""
        alarms = self._alarms()
        points = self._points(alarms, tick)
        verdicts = [evaluate(alarm, points[alarm.name], _end(alarm, tick)) for alarm in alarms]
        changed = [verdict for verdict in verdicts if verdict.state != verdict.alarm.state]
        for verdict in changed:
            self._set(verdict, tick)
        self.verdicts = {verdict.alarm.name: verdict for verdict in verdicts}
        return bool(changed)

    def _alarms(self) -> list[Alarm]:
        pages = self._cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
        found = (from_description(item) for page in pages for item in page["MetricAlarms"])
        return [alarm for alarm in found if alarm]

    def _points(self, alarms: Sequence[Alarm], tick: int) -> dict[str, Mapping[int, float]]:
        """Return every alarm's values by the beginnings of their periods."""
        simple = [alarm for alarm in alarms if alarm.statistic]
        points: dict[str, Mapping[int, float]] = {}
        for first in range(0, len(simple), MOST_QUERIES):
            part = simple[first : first + MOST_QUERIES]
            queries = [{**alarm.queries[0], "Id": f"m{number}"} for number, alarm in enumerate(part)]
            points |= dict(zip((alarm.name for alarm in part), self._values(queries, part, tick), strict=True))
        for alarm in alarms:
            if not alarm.statistic:  # the ids of metric math are its own
                (points[alarm.name],) = self._values(alarm.queries, [alarm], tick)
        return points

    def _values(self, queries: Sequence[Query], alarms: Sequence[Alarm], tick: int) -> list[Mapping[int, float]]:
        start = min(_end(alarm, tick) - alarm.range * alarm.period for alarm in alarms)
        answer = self._cloudwatch.get_metric_data(
            MetricDataQueries=queries,
            StartTime=datetime.fromtimestamp(start, UTC),
            EndTime=datetime.fromtimestamp(tick, UTC),
        )
        return [
            {int(moment.timestamp()): value for moment, value in zip(each["Timestamps"], each["Values"], strict=True)}
            for each in answer["MetricDataResults"]
        ]

    def _set(self, verdict: Verdict, tick: int) -> None:
        name, why = verdict.alarm.name, reason(verdict)
        log.info("alarm %s: %s -> %s: %s", name, verdict.alarm.state, verdict.state, why)
        self._cloudwatch.set_alarm_state(
            AlarmName=name, StateValue=verdict.state, StateReason=why, StateReasonData=reason_data(verdict, tick)
        )


def _end(alarm: Alarm, tick: int) -> int:
    return tick // alarm.period * alarm.period
