"""What tasks really use under load, beside the limits that they have."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from mlops_lab import catalog, projects
from mlops_lab.catalog import Paths
from mlops_lab.cloud.session import client, explained
from mlops_lab.errors import LabError
from mlops_lab.load.live import aim, offer
from mlops_lab.load.profile import constant
from mlops_lab.progress import Say, silent
from mlops_lab.registry.tracking import Registry
from mlops_lab.retrain import REFUSED
from mlops_lab.settings import Settings

HEADROOM = 0.2  # of a memory limit, that must be free at the peak
RATE, SECONDS = 25.0, 40  # requests a second to each service, and for how long
MIB = 2**20


@dataclass(frozen=True)
class Limit:
    """A kind of task: its limits, and the most that was measured of each; memory in MiB, CPU in vCPU."""

    task: str
    load: str  # what it did meanwhile
    memory: int
    memory_peak: float
    cpu: float
    cpu_peak: float

    @property
    def headroom(self) -> float:
        """Share of the memory that was free at the peak."""
        return 1 - self.memory_peak / self.memory


@dataclass(frozen=True)
class Limits:
    """What was measured, when, and what ran the tasks."""

    measured: datetime
    driver: str
    tasks: tuple[Limit, ...]


def measure(settings: Settings, say: Say = silent) -> Limits:
    """Load every live service, the MLflow server and a retraining of all rows, and keep what they used.

    Raises:
        LabError: No service is live, or the retraining fails; what is kept stays.
    """
    serving = live(settings)
    if not serving:
        raise LabError("No service of any project runs, so that there is no use to measure; run `make deploy` first.")
    start = datetime.now(UTC)
    with _asked_of_mlflow(settings, serving[0]):
        for project in serving:
            say(f"{project}: {RATE:g} requests/s for {SECONDS} s")
            offer(aim(settings, project), constant(RATE, SECONDS))
    services = {catalog.service(name): f"{RATE:g} requests/s" for name in serving}
    services[catalog.MLFLOW_SERVICE] = "listing runs without a pause"
    found = [_service(settings, name, load, start) for name, load in services.items()]
    say(f"{serving[0]}: retraining of all rows")
    found.append(_retraining(settings, serving[0]))
    return _kept(settings, Limits(datetime.now(UTC), settings.driver, tuple(found)))


def read(settings: Settings) -> Limits:
    """Return the latest measurement on the target.

    Raises:
        LabError: There is none, or it cannot be read.
    """
    path = _path(settings)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Limits)
    except (OSError, msgspec.DecodeError) as error:
        raise LabError(f"No measurement at {path} ({error}); run `make limits`.") from error


def sizes(settings: Settings, task: str) -> tuple[float, int]:
    """Return the vCPU and MiB that the newest definition of a family has.

    Raises:
        LabError: There is none.
    """
    with explained(settings):
        found = client(settings, "ecs").describe_task_definition(taskDefinition=task)["taskDefinition"]
    return int(found["cpu"]) / 1024, int(found["memory"])


def _service(settings: Settings, name: str, load: str, start: datetime) -> Limit:
    cpu, memory = sizes(settings, name)
    used = {metric: _maximum(settings, name, metric, start) for metric in ("CPUUtilization", "MemoryUtilization")}
    return Limit(name, load, memory, used["MemoryUtilization"] / 100 * memory, cpu, used["CPUUtilization"] / 100 * cpu)


def _maximum(settings: Settings, service: str, metric: str, start: datetime) -> float:
    """Largest value that CloudWatch has of a service since then, in per cent of what is reserved."""
    dimensions = {"ClusterName": catalog.CLUSTER, "ServiceName": service}
    with explained(settings):
        points: list[Any] = client(settings, "cloudwatch").get_metric_statistics(
            Namespace="AWS/ECS",
            MetricName=metric,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=start,
            EndTime=datetime.now(UTC) + timedelta(minutes=1),
            Period=settings.metric_period,
            Statistics=["Maximum"],
        )["Datapoints"]
    if not points:
        raise LabError(f"CloudWatch has no {metric} of {service} since {start:%H:%M}; see `make status`.")
    return max(float(each["Maximum"]) for each in points)


def _retraining(settings: Settings, project: str) -> Limit:
    """Run the retraining's own program as a process of this machine and read what the kernel counted."""
    command = [sys.executable, "-m", "mlops_lab.retrain", "--project", project, "--seed", "0"]
    environment = settings.child_environment(**settings.exported)
    begin = datetime.now(UTC)
    process = subprocess.Popen(
        command, cwd=settings.root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode and REFUSED not in said.decode():
        raise LabError(f"Retraining {project} ended with {process.returncode}: {said.decode()[-300:]}")
    seconds = (datetime.now(UTC) - begin).total_seconds()
    cpu, memory = sizes(settings, catalog.job(project, "retrain"))
    unit = 1 if sys.platform == "darwin" else 1024  # of ru_maxrss, in bytes
    load = f"all rows in {seconds:.0f} s"
    used = usage.ru_utime + usage.ru_stime
    return Limit(catalog.job(project, "retrain"), load, memory, usage.ru_maxrss * unit / MIB, cpu, used / seconds)


@contextmanager
def _asked_of_mlflow(settings: Settings, project: str) -> Iterator[None]:
    """Ask the MLflow server for runs and versions until the block ends."""
    ended, registry = threading.Event(), Registry(settings, project)

    def ask() -> None:
        while not ended.is_set():
            registry.runs()
            registry.versions()

    thread = threading.Thread(target=ask, name="ask-mlflow", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def live(settings: Settings) -> list[str]:
    """Name the projects whose stable service runs."""
    names = {catalog.service(name): name for name in projects.names()}
    with explained(settings):
        found = client(settings, "ecs").describe_services(cluster=catalog.CLUSTER, services=list(names))["services"]
    return sorted(names[each["serviceName"]] for each in found if each["runningCount"])


def _kept(settings: Settings, found: Limits) -> Limits:
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(found)))
    return found


def _path(settings: Settings) -> Path:
    return Paths(settings.root, settings.state_dir).finops / f"limits-{settings.target}.json"
