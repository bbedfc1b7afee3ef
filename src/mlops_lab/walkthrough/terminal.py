"""Runs a command in a terminal of its own and keeps what it wrote, with the time of each piece."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mlops_lab.errors import LabError
from mlops_lab.walkthrough.scene import Scene

COLUMNS, LINES = 124, 25
LIMIT = 900.0  # seconds after which a command hangs
# A command is run as if by hand: what a `make walkthrough` says to its own commands is nothing to it.
CALLER = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "NO_COLOR", "REHEARSE", "SCENES")
HERE = "~/mlops-lab"  # what the checkout's folder is called on the screen, whosesoever machine it is
QUIET = 0.5  # seconds without output after which a command that has ended has written everything
TAIL = 300  # characters of a failed command's output that the error quotes


@dataclass(frozen=True)
class Recording:
    """What a command wrote: seconds since it began, and the bytes."""

    pieces: tuple[tuple[float, bytes], ...]
    seconds: float
    code: int


def record(scene: Scene, root: Path, limit: float = LIMIT) -> Recording:
    """Run a scene's command in the checkout.

    Raises:
        LabError: It ended with a code that the scene does not accept, or took too long.
    """
    found = run(scene.command, root, limit)
    if found.code not in scene.accepted:
        said = b"".join(piece for _, piece in found.pieces).decode(errors="replace")
        raise LabError(
            f"Scene {scene.id!r}: `{scene.command}` ended with {found.code} after {found.seconds:.0f} s; "
            f"see what it says and mend it: {' '.join(said.split())[-TAIL:]}"
        )
    return found


def run(command: str, root: Path, limit: float) -> Recording:
    """Run a command for bash in a terminal of COLUMNS by LINES and wait for its end.

    Raises:
        LabError: It took longer than the limit; it and what it started is killed.
    """
    pieces: list[tuple[float, bytes]] = []
    start = time.monotonic()
    with _terminal() as (ours, theirs):
        process = _started(command, root, theirs)
        os.close(theirs)
        try:
            for piece in _written(process, ours, start + limit):
                pieces.append((time.monotonic() - start, piece.replace(str(root).encode(), HERE.encode())))
            code = process.wait(max(0.1, start + limit - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired):
            raise LabError(f"`{command}` took over {limit:.0f} s and was ended; run it by hand.") from None
        finally:
            _end(process)
    return Recording(tuple(pieces), time.monotonic() - start, code)


@contextmanager
def _terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    try:
        yield ours, theirs
    finally:
        os.close(ours)


def _started(command: str, root: Path, theirs: int) -> "subprocess.Popen[bytes]":
    kept = {name: value for name, value in os.environ.items() if name not in CALLER}
    kept |= {"TERM": "xterm-256color", "COLUMNS": str(COLUMNS), "LINES": str(LINES)}
    return subprocess.Popen(
        ["bash", "-c", command], cwd=root, env=kept, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )


def _written(process: "subprocess.Popen[bytes]", ours: int, deadline: float) -> Iterator[bytes]:
    """Give each piece as it comes; the end is where the command has ended, though what it started may live on."""
    while (left := deadline - time.monotonic()) > 0:
        if not select.select([ours], [], [], min(left, QUIET))[0]:
            if process.poll() is not None:
                return
            continue
        try:
            piece = os.read(ours, 65536)
        except OSError:  # Linux says so where macOS gives nothing
            return
        if not piece:
            return
        yield piece
    raise TimeoutError


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
