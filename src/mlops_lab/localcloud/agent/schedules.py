"""Fires the schedules of EventBridge Scheduler: each due time once, also over a restart of the embedded cloud.

What is due is written down before its target is invoked and crossed out after, so that an agent that is killed in
between invokes it again: at least once, as on AWS. Of several times that passed while the cloud was down the last one
is fired, where the target's oldest event may be that old, and the others are dropped.
"""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mlops_lab.errors import LabError
from mlops_lab.localcloud.agent.guard import Guard
from mlops_lab.localcloud.agent.observation import Json
from mlops_lab.localcloud.agent.recurrence import UnreadableError, next_due

LOOK = timedelta(seconds=1)  # between two looks at the schedules
LONGEST_WAIT = 60  # seconds between two attempts; they begin a second apart and double
NAMESPACE = "AWS/Scheduler"

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Progress:
    """How far a schedule has been followed, in ISO 8601 and UTC."""

    version: str  # of the schedule: when it was last changed
    seen: str  # nothing up to here is due any more
    due: str | None = None  # a time whose target is still to be invoked
    attempts: int = 0
    retry: str | None = None  # no attempt before


class Schedules:
    """Looks at every enabled schedule and invokes the targets that are due."""

    def __init__(self, scheduler: Any, cloudwatch: Any, invoke: Callable[[Json], None], path: Path):
        """Take the clients, what invokes the target of a schedule, and the file that remembers over restarts."""
        self._scheduler, self._cloudwatch, self._invoke, self._path = scheduler, cloudwatch, invoke, path
        kept: Mapping[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
        self._progress = {arn: Progress(**each) for arn, each in kept.items()}
        self._looked = datetime.min.replace(tzinfo=UTC)
        self._guard = Guard()  # one schedule that cannot be followed keeps no other from being fired

    def step(self, now: datetime) -> bool:
        """Invoke what is due; return whether anything was."""
        if timedelta(0) <= now - self._looked < LOOK:
            return False
        self._looked = now
        pages = self._scheduler.get_paginator("list_schedules").paginate()
        found = {each["Arn"]: each for page in pages for each in page["Schedules"]}
        for arn in set(self._progress) - set(found):
            self._forget(arn)
        # Moto forgets the state of a schedule that is updated without one; AWS takes it for enabled.
        enabled = [each for each in found.values() if each.get("State", "ENABLED") == "ENABLED"]
        return any(self._guard.run(each["Arn"], partial(self._follow, each, now)) for each in enabled)

    def _follow(self, listed: Json, now: datetime) -> bool:
        schedule = self._scheduler.get_schedule(Name=listed["Name"], GroupName=listed["GroupName"])
        progress = self._known(schedule)
        if progress.due is None:
            progress = self._look_for_due(schedule, progress, now)
        if progress.due is None or (progress.retry and _moment(progress.retry) > now):
            return False
        return self._fire(schedule, progress, now)

    def _known(self, schedule: Json) -> Progress:
        """Return how far a schedule was followed; one that is new or was changed begins anew."""
        changed = _utc(schedule.get("LastModificationDate") or schedule["CreationDate"]).isoformat()
        known = self._progress.get(schedule["Arn"])
        if known is None or known.version != changed:
            return Progress(changed, changed)
        return known

    def _look_for_due(self, schedule: Json, progress: Progress, now: datetime) -> Progress:
        """Return the progress with the last time that has come since, if one has."""
        begin = _utc(schedule.get("StartDate") or schedule["CreationDate"])
        expression, zone = schedule["ScheduleExpression"], schedule.get("ScheduleExpressionTimezone") or "UTC"
        end = min(now, _utc(schedule["EndDate"])) if schedule.get("EndDate") else now
        seen, times = max(_moment(progress.seen), begin - timedelta(microseconds=1), now - _oldest(schedule)), 0
        try:
            while (due := next_due(expression, zone, begin, seen)) is not None and due <= end:
                seen, times = due, times + 1
        except UnreadableError as error:
            raise LabError(f"schedule {schedule['Name']}: {error}") from None
        if not times:
            return progress
        self._count(schedule, "InvocationDroppedCount", times - 1)
        found = Progress(progress.version, seen.isoformat(), seen.isoformat())
        self._keep(schedule["Arn"], found)
        return found

    def _fire(self, schedule: Json, progress: Progress, now: datetime) -> bool:
        assert progress.due is not None
        retries = _policy(schedule).get("MaximumRetryAttempts", 185)
        if now - _moment(progress.due) > _oldest(schedule) or progress.attempts > retries:
            log.error("schedule %s: what was due at %s is dropped", schedule["Name"], progress.due)
            self._count(schedule, "InvocationDroppedCount", 1)
            self._finish(schedule, progress)
            return True
        self._count(schedule, "InvocationAttemptCount", 1)
        try:
            self._invoke(schedule)
        except (BotoCoreError, ClientError, LabError) as error:
            log.error("schedule %s, due at %s: %s", schedule["Name"], progress.due, error)
            self._count(schedule, "TargetErrorCount", 1)
            wait = timedelta(seconds=min(LONGEST_WAIT, 2**progress.attempts))
            later = Progress(
                progress.version, progress.seen, progress.due, progress.attempts + 1, (now + wait).isoformat()
            )
            self._keep(schedule["Arn"], later)
            return True
        log.info("schedule %s: fired what was due at %s", schedule["Name"], progress.due)
        self._finish(schedule, progress)
        return True

    def _finish(self, schedule: Json, progress: Progress) -> None:
        self._keep(schedule["Arn"], Progress(progress.version, progress.seen))
        once = schedule["ScheduleExpression"].startswith("at(")
        if once and schedule.get("ActionAfterCompletion") == "DELETE":
            self._scheduler.delete_schedule(Name=schedule["Name"], GroupName=schedule["GroupName"])

    def _count(self, schedule: Json, metric: str, times: int) -> None:
        if times:
            dimensions = [{"Name": "ScheduleGroup", "Value": schedule["GroupName"]}]
            datum = {"MetricName": metric, "Dimensions": dimensions, "Value": times, "Unit": "Count"}
            self._cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[datum])

    def _forget(self, arn: str) -> None:
        del self._progress[arn]
        self._save()

    def _keep(self, arn: str, progress: Progress) -> None:
        self._progress[arn] = progress
        self._save()

    def _save(self) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps({arn: asdict(each) for arn, each in self._progress.items()}))
        new.replace(self._path)


def _policy(schedule: Json) -> Json:
    policy: Json = schedule["Target"].get("RetryPolicy") or {}
    return policy


def _oldest(schedule: Json) -> timedelta:
    return timedelta(seconds=_policy(schedule).get("MaximumEventAgeInSeconds", 86_400))


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
