"""The recorded run: what a lab's own work has not asked of its roles yet, they are asked once.

Retraining and reports are started by the clock, so that EventBridge Scheduler takes its role; a canary's deadline falls
due at once and restores weights that are what they are; the MLflow server is asked for an artefact.
"""

import time
from datetime import UTC, datetime

from mlops_lab import projects
from mlops_lab.cloud.session import client, explained
from mlops_lab.delivery import job
from mlops_lab.delivery.canary.deadline import Deadline
from mlops_lab.delivery.canary.traffic_split import TrafficSplit
from mlops_lab.delivery.job import Job
from mlops_lab.errors import LabError
from mlops_lab.progress import Say
from mlops_lab.registry.tracking import Registry
from mlops_lab.retrain import REFUSED
from mlops_lab.settings import Settings

POLL_SECONDS = 0.5
FIRED_IN_TIME = 180.0  # a schedule is fired to the minute


def do_every_role_s_work(settings: Settings, project: str, image: str, say: Say) -> None:
    """Let the roles that a project's schedules take do their work.

    Args:
        settings: Where.
        project: Name of a project that is live, with no canary open.
        image: URI of the jobs image, by digest.
        say: Gets a line for every step.

    Raises:
        LabError: A canary is open, a schedule was not fired, or its task failed.
    """
    said: list[str] = []
    code = job.by_the_clock(settings, Job("retrain", project), image, said.append)
    if code and not any(REFUSED in line for line in said):
        raise LabError(f"The scheduled retraining of {project} ended with {code}; see `make logs PROJECT={project}`.")
    say(f"{project}: {said[0]}, which ended with {code}")
    if projects.get(project).report is not None:
        say(f"{project}: {report_by_the_clock(settings, project, image)}")
    restore_by_the_clock(settings, project)
    say(f"{project}: weights restored by the clock")
    say(f"{project}: read {read_an_artefact(settings, project)} from the MLflow server")


def report_by_the_clock(settings: Settings, project: str, image: str) -> str:
    """Let EventBridge Scheduler run the notebook that reports on a project's training, and return what it said last.

    Raises:
        LabError: The schedule was not fired, or its task failed; the message quotes its last line.
    """
    said: list[str] = []
    if code := job.by_the_clock(settings, Job("report", project), image, said.append):
        raise LabError(f"The scheduled report of {project} ended with {code}: {said[-1]}")
    return said[-1]


def read_an_artefact(settings: Settings, project: str) -> str:
    """List what the newest version's run logged, read one document of it, and return its name."""
    registry = Registry(settings, project)
    run = registry.versions()[-1].run_id
    name = next(each for each in registry.artefacts(run) if each.endswith(".json"))
    registry.document(run, name)
    return name


def restore_by_the_clock(settings: Settings, project: str) -> None:
    """Let EventBridge Scheduler give a project's stable service all requests, which it has.

    Raises:
        LabError: A canary has some of them, or the schedule was not fired.
    """
    with explained(settings):
        split = TrafficSplit(client(settings, "elbv2"), project)
        if share := split.read():
            raise LabError(f"A canary of {project} has {share} % of the requests; end it by `make rollback` first.")
        deadline = Deadline(client(settings, "scheduler"), client(settings, "iam"), project, split)
        deadline.arm(datetime.now(UTC) + job.AHEAD)
        late = time.monotonic() + FIRED_IN_TIME
        while deadline.armed:
            if time.monotonic() > late:
                raise LabError(f"The deadline of {project} was not fired in {FIRED_IN_TIME:.0f} s; see `make status`.")
            time.sleep(POLL_SECONDS)
