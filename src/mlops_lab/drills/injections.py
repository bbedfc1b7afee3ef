"""The failures that drills make, each undone when its context ends."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mlops_lab import catalog
from mlops_lab.cloud.session import client
from mlops_lab.delivery.canary import faults
from mlops_lab.delivery.rollout import registrable, service
from mlops_lab.drills.drill import Scene
from mlops_lab.errors import LabError
from mlops_lab.load.experiment import BAD
from mlops_lab.load.live import aim, offer
from mlops_lab.load.profile import constant
from mlops_lab.localcloud import control
from mlops_lab.settings import Settings

PROJECT = "income"
LAB = str(Path(sys.prefix) / "bin" / "mlops-lab")
FAMILY = f"{catalog.NAME}-drill"
LOOK = 0.5  # seconds between two looks
PATIENCE = 120.0  # seconds that a failure may take to show, or to be over
Injection = Callable[[Settings], AbstractContextManager[Scene]]


@contextmanager
def nothing(settings: Settings) -> Iterator[Scene]:
    """Make no failure: what the entry's symptom asks for is refused by itself."""
    yield Scene()


@contextmanager
def daemon_killed(settings: Settings) -> Iterator[Scene]:
    """Kill the embedded cloud's daemon; it is started again at the end in any case."""
    pid = control.state(settings).pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait(lambda: control.state(settings).pid is None, "the daemon is gone")
    try:
        yield Scene()
    finally:
        control.up(settings)


@contextmanager
def port_taken(settings: Settings) -> Iterator[Scene]:
    """Listen where another, new embedded cloud wants to; that one is stopped at the end."""
    with TemporaryDirectory(prefix="drill-") as folder, socket.socket() as taken, free_ports(3) as ports:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        names = ("LAB_CLOUD_PORT", "LAB_MLFLOW_PORT", "LAB_REGISTRY_PORT")
        own = {name: str(port) for name, port in zip(names, ports, strict=True)} | {"LAB_STATE": folder}
        environment = own | {"LAB_BALANCER_PORT": str(taken.getsockname()[1])}
        try:
            yield Scene(environment)
        finally:
            run(settings, ["down"], environment)


@contextmanager
def state_damaged(settings: Settings) -> Iterator[Scene]:
    """Give another, new embedded cloud a state that cannot be read; that one is stopped at the end."""
    with TemporaryDirectory(prefix="drill-") as folder, free_ports(4) as ports:
        names = ("LAB_CLOUD_PORT", "LAB_MLFLOW_PORT", "LAB_REGISTRY_PORT", "LAB_BALANCER_PORT")
        environment = {name: str(port) for name, port in zip(names, ports, strict=True)} | {"LAB_STATE": folder}
        run(settings, ["up"], environment)
        client(settings.model_copy(update={"cloud_port": ports[0]}), "s3").create_bucket(Bucket="drill")
        run(settings, ["down"], environment)
        for each in (Path(folder) / "cloud" / "plane").glob("snapshot*"):
            each.write_bytes(b"damaged by a drill")
        try:
            yield Scene(environment)
        finally:
            run(settings, ["down"], environment)


def released(
    change: Callable[[Mapping[str, Any]], dict[str, Any]],
    load: float = 0.0,
    seen: Callable[[Settings], bool] | None = None,
) -> Injection:
    """Make a release whose tasks are as `change` says, beside a load of so many requests a second.

    It is there when `seen` says so; without it, when it runs alone or one of its tasks has stopped.
    """

    @contextmanager
    def inject(settings: Settings) -> Iterator[Scene]:
        ecs, name = client(settings, "ecs"), catalog.service(PROJECT)
        sound = service(ecs, name)["taskDefinition"]
        wanted = change(registrable(ecs.describe_task_definition(taskDefinition=sound)["taskDefinition"]))
        # In a family of its own, so that the next release starts from the sound one.
        bad = ecs.register_task_definition(**{**wanted, "family": FAMILY})["taskDefinition"]["taskDefinitionArn"]
        ecs.update_service(cluster=catalog.CLUSTER, service=name, taskDefinition=bad)
        try:
            with offered(settings, load):
                wait(lambda: seen(settings) if seen else _is_seen(ecs, name, bad), "the bad release is seen")
                yield Scene()
        finally:
            if service(ecs, name)["taskDefinition"] == bad:
                ecs.update_service(cluster=catalog.CLUSTER, service=name, taskDefinition=sound)
            ecs.deregister_task_definition(taskDefinition=bad)

    return inject


def alarming(name: str, inner: Injection) -> Injection:
    """Make a failure and wait until its alarm has gone off."""

    @contextmanager
    def inject(settings: Settings) -> Iterator[Scene]:
        with inner(settings) as scene:
            wait(lambda: state_of(settings, name) == "ALARM", f"{name} is in ALARM")
            yield scene

    return inject


def calm(name: str) -> Callable[[Settings], None]:
    """Return what waits until an alarm has returned to OK."""
    return lambda settings: wait(lambda: state_of(settings, name) == "OK", f"{name} is OK")


def state_of(settings: Settings, name: str) -> str:
    """State of an alarm."""
    found = client(settings, "cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return str(found[0]["StateValue"])


@contextmanager
def offered(settings: Settings, rate: float, arguments: Sequence[str] = ()) -> Iterator[None]:
    """Offer a load while the context lasts; none at 0."""
    if not rate:
        yield
        return
    command = [LAB, "load", PROJECT, "--profile", f"{rate:g}:600", *arguments]
    process = subprocess.Popen(
        command, cwd=settings.root, env=_environment(settings), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def stopped(settings: Settings, name: str) -> Iterator[Scene]:
    """Let a service want no task; it wants as many as before at the end."""
    ecs = client(settings, "ecs")
    before = service(ecs, name)["desiredCount"]
    ecs.update_service(cluster=catalog.CLUSTER, service=name, desiredCount=0)
    wait(lambda: service(ecs, name)["runningCount"] == 0, f"{name} has no task")
    try:
        yield Scene()
    finally:
        if service(ecs, name)["desiredCount"] == 0:
            ecs.update_service(cluster=catalog.CLUSTER, service=name, desiredCount=before)


@contextmanager
def checkout(settings: Settings) -> Iterator[tuple[Path, dict[str, str]]]:
    """Clone the checkout, for failures of its files; commands there run the clone's own package."""
    with TemporaryDirectory(prefix="drill-") as folder:
        clone = Path(folder) / "lab"
        subprocess.run(["git", "clone", "--quiet", str(settings.root), str(clone)], check=True, capture_output=True)
        environment = {"LAB_ROOT": str(clone), "LAB_STATE": str(settings.state_dir), "PYTHONPATH": str(clone / "src")}
        stamp = Path(sys.prefix) / ".mlops-lab"
        stamp.touch()  # the clone's files are newer than the environment, which is the one that they need
        for each in ("pyproject.toml", "requirements.lock"):
            os.utime(clone / each, (0, 0))
        yield clone, environment


def edited(file: str, old: str, new: str) -> Injection:
    """Change a text of a file in a clone."""

    @contextmanager
    def inject(settings: Settings) -> Iterator[Scene]:
        with checkout(settings) as (clone, environment):
            path = clone / file
            text = path.read_text()
            assert old in text
            path.write_text(text.replace(old, new, 1))
            yield Scene(environment, clone)

    return inject


@contextmanager
def command_killed(settings: Settings, arguments: Sequence[str], ready: Callable[[], bool]) -> Iterator[Scene]:
    """Begin a command of the lab and kill it when it has come so far."""
    process = subprocess.Popen(
        [LAB, *arguments],
        cwd=settings.root,
        env=_environment(settings),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait(ready, f"{' '.join(arguments)} is under way")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    yield Scene()


@contextmanager
def free_ports(count: int) -> Iterator[list[int]]:
    """Ports that were free just now."""
    held = [socket.socket() for _ in range(count)]
    for each in held:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in held]
    for each in held:
        each.close()
    yield ports


def run(settings: Settings, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Run a command of the lab with other variables; how it ends does not matter."""
    with suppress(subprocess.TimeoutExpired):
        subprocess.run(
            [LAB, *arguments],
            cwd=settings.root,
            env={**_environment(settings), **environment},
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )


def wait(happened: Callable[[], bool], what: str) -> None:
    """Wait for something.

    Raises:
        LabError: It does not happen.
    """
    deadline = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > deadline:
            raise LabError(f"It was waited {PATIENCE:.0f} s for: {what}.")
        time.sleep(LOOK)


def unhealthy(settings: Settings) -> bool:
    """Whether a target of the service is unhealthy now."""
    elbv2 = client(settings, "elbv2")
    group = elbv2.describe_target_groups(Names=[catalog.service(PROJECT)])["TargetGroups"][0]["TargetGroupArn"]
    found = elbv2.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return any(each["TargetHealth"]["State"] == "unhealthy" for each in found)


def _is_seen(ecs: Any, name: str, definition: str) -> bool:
    """Whether a release runs alone, or one of its tasks has stopped."""
    found = service(ecs, name)
    own = [each for each in found["deployments"] if each["taskDefinition"] == definition]
    if not own or own[0].get("failedTasks") or own[0].get("rolloutState") == "FAILED":
        return True
    return len(found["deployments"]) == 1 and bool(own[0]["runningCount"])


def _environment(settings: Settings) -> dict[str, str]:
    return settings.child_environment(**settings.exported)


def layered(path: str = faults.PREDICT, act: str = "pass", spoil: str = "pass") -> Callable[[Mapping[str, Any]], Any]:
    """Return a change to tasks that misbehave at a path, or from their start on."""
    source = faults.PROGRAM.format(path=path, act=act, spoil=spoil)
    return contained(entryPoint=["python", "-c", source])


def contained(**container: Any) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return a change to the first container of a task definition."""

    def change(definition: Mapping[str, Any]) -> dict[str, Any]:
        first, *others = definition["containerDefinitions"]
        return {**definition, "containerDefinitions": [{**first, **container}, *others]}

    return change


def log_bounded(definition: Mapping[str, Any]) -> dict[str, Any]:
    """A task whose prediction log has room for next to nothing, and no bucket to ship it to."""
    first, *others = definition["containerDefinitions"]
    bound = {"PREDICTION_LOG_BYTES": "1024", "PREDICTION_LOG_BUCKET": "mlops-lab-drill-no-such-bucket"}
    kept = [each for each in first["environment"] if each["name"] not in bound]
    changed = [*kept, *({"name": name, "value": value} for name, value in bound.items())]
    return {**definition, "containerDefinitions": [{**first, "environment": changed}, *others]}


@contextmanager
def wrong_requests(settings: Settings) -> Iterator[Scene]:
    """Send requests that break the schema for some periods."""
    target = replace(aim(settings, PROJECT), bodies=[BAD])
    burst = threading.Thread(target=lambda: offer(target, constant(5.0, 4 * settings.metric_period)))
    burst.start()
    try:
        yield Scene()
    finally:
        burst.join()


def loaded(inner: Injection) -> Injection:
    """Make a failure beside a small load."""

    @contextmanager
    def inject(settings: Settings) -> Iterator[Scene]:
        with inner(settings) as scene, offered(settings, 5.0):
            yield scene

    return inject


@contextmanager
def said(settings: Settings, inner: Injection, text: str) -> Iterator[Scene]:
    """Make a failure and wait until a task's log tells it."""
    logs, group, start = client(settings, "logs"), catalog.log_group(PROJECT), int(time.time() * 1000)
    with inner(settings) as scene:
        wait(
            lambda: bool(
                logs.filter_log_events(logGroupName=group, startTime=start, filterPattern=f'"{text}"')["events"]
            ),
            f"a log says {text}",
        )
        yield scene


@contextmanager
def write_ahead_damaged(settings: Settings) -> Iterator[Scene]:
    """Lay a write-ahead file beside the tasks' own that none of them wrote, and start them anew."""
    folder = settings.state_dir / "cloud" / "agent" / "volumes" / f"{catalog.service(PROJECT).removesuffix('-stable')}"
    volume = folder.with_name(f"{folder.name}-predictions")
    before = set(volume.glob("*.damaged"))
    (volume / "drill.wal").write_text("not a line of a log\nand not a record\n")
    ecs = client(settings, "ecs")
    ecs.update_service(cluster=catalog.CLUSTER, service=catalog.service(PROJECT), forceNewDeployment=True)
    try:
        wait(lambda: bool(set(volume.glob("*.damaged")) - before), "the file is set aside")
        yield Scene()
    finally:
        for each in [*volume.glob("*.damaged"), volume / "drill.wal"]:
            each.unlink(missing_ok=True)


@contextmanager
def data_corrupted(settings: Settings) -> Iterator[Scene]:
    """Change a table of a clone."""
    with checkout(settings) as (clone, environment):
        for each in (clone / "data").rglob("*.parquet"):
            each.write_bytes(each.read_bytes() + b"\0")
        yield Scene(environment, clone)


def retraining_killed(settings: Settings) -> AbstractContextManager[Scene]:
    """Kill a retraining a few seconds after it has begun."""
    late = time.monotonic() + 4
    return command_killed(settings, ["retrain-task", PROJECT], lambda: time.monotonic() > late)
