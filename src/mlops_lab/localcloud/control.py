"""Starts, stops and describes the embedded cloud from the command line."""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass

from mlops_lab.catalog import Paths
from mlops_lab.errors import LabError
from mlops_lab.localcloud.household import Household
from mlops_lab.settings import Settings

START_SECONDS = 60
STOP_SECONDS = 60


@dataclass(frozen=True)
class State:
    """Whether the embedded cloud runs, and as what."""

    pid: int | None  # of the daemon
    proxies: tuple[int, ...]  # of the load balancer, the front first
    driver: str | None  # what runs the tasks


def state(settings: Settings) -> State:
    """Look at what runs now."""
    house = Household(settings)
    return State(_daemon(house), house.proxies.pids, _driver(house))


def up(settings: Settings) -> bool:
    """Start the embedded cloud and wait until it answers; return False where it ran already.

    Raises:
        LabError: It could not start; the message says why, or names the log.
    """
    house = Household(settings)
    if _daemon(house) is not None:
        return False
    reader, writer = os.pipe()
    with house.log.open("ab") as log, os.fdopen(reader) as answer:
        subprocess.Popen(
            [sys.executable, "-m", "mlops_lab.localcloud.daemon", str(writer)],
            cwd=settings.root,
            env=os.environ | _settled(settings).exported,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[writer],
            start_new_session=True,
        )
        os.close(writer)
        line = answer.readline().strip()
    if line != "ready":
        raise LabError(line or f"The embedded cloud ended at its start; see {house.log}.")
    return True


def down(settings: Settings) -> bool:
    """Stop the embedded cloud, keeping its state; return False where nothing ran.

    What a killed daemon left behind (load balancer, tasks) is stopped too.
    """
    house = Household(_settled(settings))
    pid = _daemon(house)
    if pid is not None:
        os.kill(pid, signal.SIGTERM)
        _wait_for_end(house, pid)
    left = bool(house.proxies.pids)
    house.proxies.stop()
    ended = _end_containers(house)
    if house.runtime.registry:
        house.runtime.registry.stop()
    return ended or left or pid is not None


def reset(settings: Settings) -> None:
    """Stop the embedded cloud and delete its state, with the runs and versions of models that lay in it.

    Built packages are kept.
    """
    down(settings)
    paths = Paths(settings.root, settings.state_dir)
    for folder in (paths.cloud, paths.experiments):
        shutil.rmtree(folder, ignore_errors=True)


def require_up(settings: Settings) -> Settings:
    """Return the settings with what runs the tasks settled, for an image must have the form that the driver runs.

    Raises:
        LabError: The target is local and the embedded cloud does not run.
    """
    if not settings.is_local:
        return settings
    if _daemon(Household(settings)) is None:
        raise LabError("The embedded cloud does not run; start it with `make up`.")
    return _settled(settings)


def _settled(settings: Settings) -> Settings:
    driver = _driver(Household(settings))
    return settings.model_copy(update={"driver": driver}) if driver else settings


def _driver(house: Household) -> str | None:
    """What the daemon that runs, or was killed, has chosen to run the tasks."""
    lines = house.lock.read_text().split()
    return lines[1] if len(lines) > 1 else None


def _daemon(house: Household) -> int | None:
    """The daemon's pid: it holds a lock on the file that names it, so that a stale pid deceives nobody."""
    with house.lock.open("r+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return int(lock.readline() or 0) or None
    return None


def _wait_for_end(house: Household, pid: int) -> None:
    deadline = time.monotonic() + STOP_SECONDS
    while _daemon(house) is not None:
        if time.monotonic() > deadline:
            raise LabError(f"The embedded cloud (pid {pid}) did not stop within {STOP_SECONDS} s; see {house.log}.")
        time.sleep(0.05)


def _end_containers(house: Household) -> bool:
    driver = house.runtime.driver
    left = [status for status in driver.statuses() if status.running]
    for status in left:
        driver.kill(status.id)
    return bool(left)
