"""Runs containers as processes, where no container engine answers: the packaged application in its own environment.

Same variables, signals, exit codes and memory limit as a container; no file-system or network isolation, no CPU
limit and no other user, and it never says otherwise.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from mlops_lab.localcloud.driver import CannotStartError, Container, LogLine, Status, Usage

OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
INHERITED = ("PATH", "LANG", "TMPDIR", "SSL_CERT_FILE", "LD_LIBRARY_PATH")
# The shell stays as the container's parent, so that its exit code outlives the agent; its $0 is the container's id.
WRAPPER = """
trap 'kill -TERM "$child" 2>/dev/null' TERM
"$@" >> log 2>&1 &
child=$!
echo "$child" > pid
while kill -0 "$child" 2>/dev/null; do wait "$child"; code=$?; done
wait "$child" 2>/dev/null; [ -n "${code:-}" ] || code=$?
echo "$code" > exit.new && mv exit.new exit
"""


@dataclass(frozen=True)
class Package:
    """An application packaged to run as a process: the content of its ``image.json``."""

    entry_point: tuple[str, ...]
    command: tuple[str, ...]
    environment: dict[str, str]

    @classmethod
    def find(cls, images: Path, image: str) -> "Package":
        """Find the package of an image reference ``<registry>/<repository>@sha256:<hex>``.

        Raises:
            CannotStartError: The reference has no digest, or no such package was built on this machine.
        """
        repository, _, digest = image.partition("/")[2].partition("@sha256:")
        path = images / repository / digest / "image.json"
        if not digest or not path.is_file():
            raise CannotStartError(f"CannotPullContainerError: {image} has no process package on this machine")
        content = json.loads(path.read_text())
        return cls(tuple(content["entry_point"]), tuple(content["command"]), dict(content["environment"]))


class ProcessDriver:
    """A driver whose containers are process groups, each with a folder that holds its log, pid and exit code."""

    name = "process"

    def __init__(self, root: Path, images: Path):
        self._root = root
        self._images = images

    def start(self, container: Container) -> None:
        """Start the packaged application; PORT and HOST tell it where to listen on loopback."""
        package = Package.find(self._images, container.image)
        folder = self._root / container.id
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for mounted in container.mounts.values():
            mounted.mkdir(parents=True, exist_ok=True)
        (folder / "limit").write_text(str(container.memory_mib or 0))
        wrapper = subprocess.Popen(
            ["sh", "-c", WRAPPER, container.id, *_arguments(container, package)],
            cwd=folder,
            env=_environment(container, package),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        (folder / "wrapper").write_text(str(wrapper.pid))

    def statuses(self) -> list[Status]:
        """Every container with a folder; one that is over its memory limit is killed on the way."""
        folders = sorted(self._root.iterdir()) if self._root.is_dir() else []
        return [self._status(folder) for folder in folders if (folder / "wrapper").is_file()]

    def terminate(self, container_id: str) -> None:
        """Send SIGTERM to the application."""
        if wrapper := self._wrapper(container_id):
            wrapper.terminate()

    def kill(self, container_id: str) -> None:
        """Send SIGKILL to the application and all it started."""
        if wrapper := self._wrapper(container_id):
            os.killpg(wrapper.pid, signal.SIGKILL)

    def remove(self, container_id: str) -> None:
        """Delete the container's folder."""
        shutil.rmtree(self._root / container_id, ignore_errors=True)

    def fill_memory(self, container_id: str) -> None:
        """Lower the memory limit to half of what is used: a process here cannot be given a neighbour that takes it."""
        used = self.usage(container_id)
        if used is None:
            return
        folder = self._root / container_id
        (folder / "limit.new").write_text(str(max(1, used.memory_bytes // 2**21)))
        (folder / "limit.new").replace(folder / "limit")  # who reads it meanwhile finds one or the other

    def limit_files(self, container_id: str, size: int | None) -> None:
        """Set the soft limit of file sizes, which Linux has; elsewhere nothing happens, as who counts what failed sees.

        Python ignores the signal that comes with it, so that a write fails as on a full disk.
        """
        wrapper = self._wrapper(container_id)
        for process in wrapper.children(recursive=True) if wrapper and hasattr(psutil, "RLIMIT_FSIZE") else []:
            with suppress(psutil.NoSuchProcess):
                _, hard = process.rlimit(psutil.RLIMIT_FSIZE)
                process.rlimit(psutil.RLIMIT_FSIZE, (hard if size is None else size, hard))

    def usage(self, container_id: str) -> Usage | None:
        """CPU seconds and resident memory of the application and all it started."""
        wrapper = self._wrapper(container_id)
        if wrapper is None:
            return None
        used = [_measure(process) for process in wrapper.children(recursive=True)]
        return Usage(sum(cpu for cpu, _ in used), sum(memory for _, memory in used))

    def logs(self, container_id: str, cursor: str | None) -> tuple[list[LogLine], str | None]:
        """Complete lines since the byte offset in the cursor, stamped with the time of reading."""
        path = self._root / container_id / "log"
        if not path.is_file():
            return [], cursor
        offset = int(cursor or 0)
        with path.open("rb") as file:
            file.seek(offset)
            complete, newline, _ = file.read().rpartition(b"\n")
        now = int(time.time() * 1000)
        lines = [LogLine(now, line.decode(errors="replace")) for line in complete.split(b"\n") if line]
        return lines, str(offset + len(complete) + len(newline))

    def _status(self, folder: Path) -> Status:
        reason = folder / "reason"
        why = reason.read_text() if reason.is_file() else None
        if self._wrapper(folder.name) is not None:
            self._enforce_memory(folder)
            return Status(folder.name, running=True)
        exit_file = folder / "exit"
        code = int(exit_file.read_text()) if exit_file.is_file() else 128 + signal.SIGKILL
        return Status(folder.name, running=False, exit_code=code, reason=why)

    def _enforce_memory(self, folder: Path) -> None:
        limit = int((folder / "limit").read_text()) * 2**20
        usage = self.usage(folder.name)
        if limit and usage and usage.memory_bytes > limit:
            (folder / "reason").write_text(OUT_OF_MEMORY)
            self.kill(folder.name)

    def _wrapper(self, container_id: str) -> psutil.Process | None:
        """The container's shell, told by its arguments from another process that got the same pid later."""
        try:
            process = psutil.Process(int((self._root / container_id / "wrapper").read_text()))
            if process.status() == psutil.STATUS_ZOMBIE:
                process.wait(0)
                return None
            arguments = process.cmdline()  # empty for a moment while a process begins
            return process if not arguments or container_id in arguments else None
        except (OSError, ValueError, psutil.Error):
            return None


def _arguments(container: Container, package: Package) -> tuple[str, ...]:
    # As with an image: a new entry point drops the image's own command.
    command = () if container.entry_point is not None else package.command
    return (
        *(container.entry_point if container.entry_point is not None else package.entry_point),
        *(container.command if container.command is not None else command),
    )


def _environment(container: Container, package: Package) -> dict[str, str]:
    inherited = {key: os.environ[key] for key in INHERITED if key in os.environ}
    listen = {"HOST": "127.0.0.1"}
    if container.ports:
        listen["PORT"] = str(next(iter(container.ports.values())))
    told = {name: _placed(value, container) for name, value in container.environment.items()}
    return inherited | package.environment | told | listen


def _placed(value: str, container: Container) -> str:
    """A variable as a process must have it: it sees a volume under its folder here, not under the container's path."""
    for inside, outside in container.mounts.items():
        value = str(outside).join(re.split(rf"{re.escape(inside)}(?=/|$)", value))
    return value


def _measure(process: psutil.Process) -> tuple[float, int]:
    try:
        with process.oneshot():
            times = process.cpu_times()
            return times.user + times.system, process.memory_info().rss
    except psutil.Error:
        return 0.0, 0
