"""Runs a project's job (its retraining, its report) as an ECS task, follows its log, and ends as it ends."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from mlops_lab import catalog
from mlops_lab.cloud.session import client, explained
from mlops_lab.delivery.rollout import Json, registrable
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

POLL_SECONDS = 1.0
STOPPED_IN_TIME = 3600.0
AHEAD = timedelta(seconds=5)  # a time that has passed when the schedule is made is never due
FIRED_IN_TIME = 180.0  # a schedule is fired to the minute
STATES = ("RUNNING", "STOPPED")


@dataclass(frozen=True)
class Job:
    """What a project has a task definition for beside its service; its container and log stream are called by it."""

    kind: Literal["retrain", "report"]
    project: str

    @property
    def family(self) -> str:
        """Family of its task definition, and name of its schedule."""
        return catalog.job(self.project, self.kind)


def run(settings: Settings, job: Job, image: str, arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """Run a job's task with an image, and return its exit code.

    Args:
        settings: Where.
        job: Which.
        image: URI by digest.
        arguments: Of the job's program, after those that the definition has.
        say: Gets each line of the task's log.

    Raises:
        LabError: ECS refuses the task, or it could not start.
    """
    with explained(settings):
        ecs = client(settings, "ecs")
        task = _start(ecs, job, image, arguments)
        done = _follow(ecs, task, _log(settings, job, task), say)
    return _exit_code(done, job)


def by_the_clock(settings: Settings, job: Job, image: str, say: Callable[[str], None]) -> int:
    """Let the job's schedule start its task once, now, and return the task's exit code.

    What EventBridge Scheduler starts is the newest revision, so that one with the image is registered first.

    Args:
        settings: Where.
        job: Which.
        image: URI by digest.
        say: Gets a line for every step, and each line of the task's log.

    Raises:
        LabError: The schedule was not fired, or its task could not start.
    """
    with explained(settings):
        ecs, scheduler = client(settings, "ecs"), client(settings, "scheduler")
        _register(ecs, job.family, image)
        name, before = f"{job.family}-now", set(_tasks(ecs, job.family))
        known = scheduler.get_schedule(Name=job.family, GroupName=catalog.SCHEDULES)
        scheduler.create_schedule(
            Name=name,
            GroupName=catalog.SCHEDULES,
            ScheduleExpression=f"at({datetime.now(UTC) + AHEAD:%Y-%m-%dT%H:%M:%S})",
            ScheduleExpressionTimezone="UTC",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target=known["Target"],
        )
        task = _started(lambda: set(_tasks(ecs, job.family)) - before, name)
        say(f"{name} started {task.rpartition('/')[2]}")
        return _exit_code(_follow(ecs, task, _log(settings, job, task), say), job)


def _exit_code(task: Json, job: Job) -> int:
    code = task["containers"][0].get("exitCode")
    if code is None:
        why = task.get("stoppedReason")
        raise LabError(f"{job.family} did not start: {why}; see `make logs PROJECT={job.project}`.")
    return int(code)


def _tasks(ecs: Any, family: str) -> list[str]:
    found = (ecs.list_tasks(cluster=catalog.CLUSTER, family=family, desiredStatus=each) for each in STATES)
    return [str(arn) for each in found for arn in each["taskArns"]]


def _started(new: Callable[[], set[str]], schedule: str) -> str:
    deadline = time.monotonic() + FIRED_IN_TIME
    while time.monotonic() < deadline:
        if found := new():
            return found.pop()
        time.sleep(POLL_SECONDS)
    raise LabError(f"The schedule {schedule} started no task in {FIRED_IN_TIME:.0f} s; see `make status`.")


def _register(ecs: Any, family: str, image: str) -> Json:
    found = ecs.describe_task_definition(taskDefinition=family, include=["TAGS"])
    wanted = registrable(found["taskDefinition"], image=image)
    registered: Json = ecs.register_task_definition(**wanted, tags=found.get("tags", []))["taskDefinition"]
    return registered


def _start(ecs: Any, job: Job, image: str, arguments: Sequence[str]) -> str:
    definition = _register(ecs, job.family, image)
    command = [*definition["containerDefinitions"][0]["command"], *arguments]
    network = ecs.describe_services(cluster=catalog.CLUSTER, services=[catalog.service(job.project)])["services"]
    answer = ecs.run_task(
        cluster=catalog.CLUSTER,
        taskDefinition=definition["taskDefinitionArn"],
        launchType="FARGATE",
        platformVersion="1.4.0",
        propagateTags="TASK_DEFINITION",  # by which the bill is divided
        networkConfiguration=network[0]["networkConfiguration"],
        overrides={"containerOverrides": [{"name": job.kind, "command": command}]},
    )
    if not answer["tasks"]:
        why = "; ".join(str(each.get("reason")) for each in answer["failures"])
        raise LabError(f"ECS does not run {job.family}: {why}; see `make status`.")
    return str(answer["tasks"][0]["taskArn"])


class _Log:
    """The lines of a log stream, each once."""

    def __init__(self, logs: Any, group: str, stream: str):
        self._logs, self._group, self._stream = logs, group, stream
        self._token: dict[str, str] = {}

    def new(self) -> list[str]:
        """Return what was written since the last call; nothing where the stream does not exist yet."""
        try:
            answer = self._logs.get_log_events(
                logGroupName=self._group, logStreamName=self._stream, startFromHead=True, **self._token
            )
        except self._logs.exceptions.ResourceNotFoundException:
            return []
        self._token = {"nextToken": answer["nextForwardToken"]}
        return [str(event["message"]) for event in answer["events"]]


def _log(settings: Settings, job: Job, task: str) -> _Log:
    stream = f"{job.kind}/{job.kind}/{task.rpartition('/')[2]}"
    return _Log(client(settings, "logs"), catalog.log_group(job.project), stream)


def _follow(ecs: Any, task: str, log: _Log, say: Callable[[str], None]) -> Json:
    deadline = time.monotonic() + STOPPED_IN_TIME
    while True:
        (found,) = ecs.describe_tasks(cluster=catalog.CLUSTER, tasks=[task])["tasks"]
        for line in log.new():
            say(line)
        if found["lastStatus"] == "STOPPED":
            for line in log.new():
                say(line)
            ended: Json = found
            return ended
        if time.monotonic() > deadline:
            raise LabError(f"The task {task} still runs after {STOPPED_IN_TIME:.0f} s; see `make logs`.")
        time.sleep(POLL_SECONDS)
