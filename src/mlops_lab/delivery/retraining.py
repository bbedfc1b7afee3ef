"""Runs retraining as an ECS task, follows its log, and ends as it ends."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from mlops_lab import catalog
from mlops_lab.cloud.session import client, explained
from mlops_lab.delivery.rollout import Json, registrable
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

POLL_SECONDS = 1.0
CONTAINER = "retrain"
STOPPED_IN_TIME = 3600.0
AHEAD = timedelta(seconds=5)  # a time that has passed when the schedule is made is never due
FIRED_IN_TIME = 180.0  # a schedule is fired to the minute
STATES = ("RUNNING", "STOPPED")


def run(settings: Settings, project: str, image: str, arguments: Sequence[str], say: Callable[[str], None]) -> int:
    """Run a project's retraining task with an image, and return its exit code.

    Args:
        settings: Where.
        project: Name of the project.
        image: URI by digest.
        arguments: Of `python -m mlops_lab.retrain`, after the project.
        say: Gets each line of the task's log.

    Raises:
        LabError: ECS refuses the task, or it could not start.
    """
    with explained(settings):
        ecs = client(settings, "ecs")
        task = _start(ecs, project, image, arguments)
        done = _follow(ecs, task, _log(settings, project, task), say)
    return _exit_code(done, project)


def by_the_clock(settings: Settings, project: str, image: str, say: Callable[[str], None]) -> int:
    """Let the project's schedule start its retraining task once, now, and return the task's exit code.

    What EventBridge Scheduler starts is the newest revision, so that one with the image is registered first.

    Args:
        settings: Where.
        project: Name of the project.
        image: URI by digest.
        say: Gets a line for every step.

    Raises:
        LabError: The schedule was not fired, or its task could not start.
    """
    with explained(settings):
        ecs, scheduler = client(settings, "ecs"), client(settings, "scheduler")
        _register(ecs, project, image)
        family = catalog.retraining(project)
        name, before = f"{family}-now", set(_tasks(ecs, family))
        known = scheduler.get_schedule(Name=family, GroupName=catalog.SCHEDULES)
        scheduler.create_schedule(
            Name=name,
            GroupName=catalog.SCHEDULES,
            ScheduleExpression=f"at({datetime.now(UTC) + AHEAD:%Y-%m-%dT%H:%M:%S})",
            ScheduleExpressionTimezone="UTC",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target=known["Target"],
        )
        task = _started(lambda: set(_tasks(ecs, family)) - before, name)
        say(f"{name} started {task.rpartition('/')[2]}")
        return _exit_code(_follow(ecs, task, _log(settings, project, task), say), project)


def _exit_code(task: Json, project: str) -> int:
    code = task["containers"][0].get("exitCode")
    if code is None:
        raise LabError(
            f"Retraining {project} did not start: {task.get('stoppedReason')}; see `make logs PROJECT={project}`."
        )
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


def _register(ecs: Any, project: str, image: str) -> Json:
    found = ecs.describe_task_definition(taskDefinition=catalog.retraining(project), include=["TAGS"])
    wanted = registrable(found["taskDefinition"], image=image)
    registered: Json = ecs.register_task_definition(**wanted, tags=found.get("tags", []))["taskDefinition"]
    return registered


def _start(ecs: Any, project: str, image: str, arguments: Sequence[str]) -> str:
    family, definition = catalog.retraining(project), _register(ecs, project, image)
    command = [*definition["containerDefinitions"][0]["command"], *arguments]
    network = ecs.describe_services(cluster=catalog.CLUSTER, services=[catalog.service(project)])["services"]
    answer = ecs.run_task(
        cluster=catalog.CLUSTER,
        taskDefinition=definition["taskDefinitionArn"],
        launchType="FARGATE",
        platformVersion="1.4.0",
        propagateTags="TASK_DEFINITION",  # by which the bill is divided
        networkConfiguration=network[0]["networkConfiguration"],
        overrides={"containerOverrides": [{"name": CONTAINER, "command": command}]},
    )
    if not answer["tasks"]:
        why = "; ".join(str(each.get("reason")) for each in answer["failures"])
        raise LabError(f"ECS does not run {family}: {why}; see `make status`.")
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


def _log(settings: Settings, project: str, task: str) -> _Log:
    stream = f"retrain/{CONTAINER}/{task.rpartition('/')[2]}"
    return _Log(client(settings, "logs"), catalog.log_group(project), stream)


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
