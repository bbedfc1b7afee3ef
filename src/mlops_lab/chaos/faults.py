"""The faults: each is made, lasts, and is over when its function returns; what does not come back is brought back."""

import os
import signal
import time
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from mlops_lab import catalog
from mlops_lab.chaos.tasks import Make, disk_full, killed, out_of_memory
from mlops_lab.errors import LabError
from mlops_lab.localcloud import control
from mlops_lab.localcloud.plane.disturbance import PATH, Disturbance
from mlops_lab.settings import Settings

PROJECT = "income"
HELD = 10.0  # seconds that a disturbance lasts
DOWN = 4.0  # seconds until what does not restart by itself is started again


@dataclass(frozen=True)
class Fault:
    """Something that goes wrong."""

    name: str
    what: str
    make: Make  # -> processes that it killed, or calls that met it
    mended: str = ""  # by which command of the RUNBOOK, where it does not end by itself
    unsettles: bool = False  # stable: its tasks end, or nobody knows yet whether they are healthy
    sheds: bool = False  # predictions from the log and never answers; what was shed has met it


def balancer_killed(settings: Settings) -> int:
    """Send SIGKILL to every process of the load balancer."""
    pids = control.state(settings).proxies
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    return len(pids)


def cloud_killed(settings: Settings) -> int:
    """Send SIGKILL to the daemon, which is agent and control plane, and start it again after some seconds."""
    pid = control.state(settings).pid
    if pid is None:
        raise LabError("The embedded cloud does not run; start it with `make up`.")
    os.kill(pid, signal.SIGKILL)
    try:
        time.sleep(DOWN)
    finally:
        control.up(settings)
    return 1


def disturbed(disturbance: Disturbance, meanwhile: Make | None = None) -> Make:
    """Return what disturbs the control plane for as long as the disturbance says, and does something meanwhile."""

    def make(settings: Settings) -> int:
        switch(settings, disturbance)
        if meanwhile is not None:
            meanwhile(settings)
        time.sleep(disturbance.seconds)
        return int(switch(settings, Disturbance("failing", seconds=0))["met"])

    return make


def switch(settings: Settings, disturbance: Disturbance) -> dict[str, Any]:
    """Switch a disturbance on; return how many calls have `met` the one before it.

    Raises:
        LabError: The control plane does not take it.
    """
    try:
        answer = httpx.post(f"{settings.endpoint_url}{PATH}", json=asdict(disturbance), timeout=10, trust_env=False)
    except httpx.HTTPError as error:
        raise LabError(f"The control plane does not answer ({error}); see `make status`.") from error
    if not answer.is_success:
        raise LabError(f"The control plane refuses to be disturbed: {answer.text}")
    told: dict[str, Any] = answer.json()
    return told


FAULTS = (
    Fault("task", "kill -9 of the serving task", killed(catalog.service(PROJECT)), unsettles=True),
    Fault("memory", "the serving task's memory runs out", out_of_memory(catalog.service(PROJECT)), unsettles=True),
    Fault(
        "log-disk-full",
        "the disk below the tasks' prediction log is full",
        disk_full(HELD, *(catalog.service(PROJECT, track) for track in catalog.TRACKS)),
        sheds=True,
    ),
    Fault("balancer", "kill -9 of the load balancer's processes", balancer_killed),
    Fault("cloud", f"kill -9 of agent and control plane, down for {DOWN:g} s", cloud_killed, "make up", unsettles=True),
    Fault("mlflow", "kill -9 of the MLflow server's task", killed(catalog.MLFLOW_SERVICE)),
    Fault("s3-slow", "S3 answers after 2 s", disturbed(Disturbance("slow", "s3", HELD, 2.0))),
    Fault("s3-failing", "S3 answers 500", disturbed(Disturbance("failing", "s3", HELD))),
    Fault("s3-throttling", "S3 answers 503 SlowDown", disturbed(Disturbance("throttling", "s3", HELD))),
    Fault(  # secrets are read when a task starts, and only then
        "ssm-failing",
        "SSM answers 500, and the serving task is killed",
        disturbed(Disturbance("failing", "ssm", HELD), killed(catalog.service(PROJECT))),
        unsettles=True,
    ),
    Fault("cloudwatch-failing", "CloudWatch answers 500", disturbed(Disturbance("failing", "monitoring", HELD))),
    Fault("throttling", "every API throttles", disturbed(Disturbance("throttling", "", HELD))),
    Fault(
        "disk-full", "the control plane's disk is full: no change is taken", disturbed(Disturbance("full", "", HELD))
    ),
    Fault("clock", "the control plane's clock is an hour ahead", disturbed(Disturbance("clock", "", HELD, 3600.0))),
)
