"""A write-ahead file: whoever holds its lock may write or ship it, and the kernel gives up the lock of the dead.

So one way leads to S3 for every file, whether its process lives, has ended or was killed, and no two processes ever
write or ship the same one.
"""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SUFFIX = ".wal"
UNFINISHED = ".new"  # nobody looks at it before it is locked
DAMAGED = ".damaged"  # set aside: nobody ships it


class Segment:
    """A file that this process appends to."""

    def __init__(self, folder: Path, name: str, head: bytes):
        """Create the file with its first line; raise OSError where that cannot be done."""
        self.path = folder / f"{name}{SUFFIX}"
        self.size = self.appended = 0
        unfinished = folder / f"{name}{UNFINISHED}"
        self._file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self._write(head)
            unfinished.rename(self.path)
        except OSError:
            os.close(self._file)
            unfinished.unlink(missing_ok=True)
            raise

    def append(self, line: bytes) -> None:
        """Hand a line to the kernel, where it survives this process.

        There is no fsync: it would add milliseconds to each answer, and guards against a machine that loses power,
        whose disk a task does not get back anyway.

        Raises:
            OSError: Not all of it was taken. Then nothing may be appended any more: a torn line is only ever the last.
        """
        self._write(line)
        self.appended += 1

    def seal(self) -> None:
        """Give the file up for shipping, or delete it where nothing was appended."""
        if not self.appended:
            self.path.unlink(missing_ok=True)
        os.close(self._file)

    def _write(self, line: bytes) -> None:
        written = os.write(self._file, line)
        self.size += written
        if written < len(line):
            raise OSError(errno.ENOSPC, f"{written} of {len(line)} bytes were written", str(self.path))


def found(folder: Path) -> list[Path]:
    """Return the write-ahead files of a folder, whoever wrote them, the oldest first."""
    return sorted(folder.glob(f"*{SUFFIX}"))


def size(path: Path) -> int:
    """Return a file's bytes; one that another process has shipped meanwhile has none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@contextmanager
def claimed(path: Path) -> Iterator[bytes | None]:
    """Hold a file's lock and give its content, or None where another one holds it or has shipped it."""
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        yield None
        return
    try:
        yield _content(file) if _locked(file) and _is(file, path) else None
    finally:
        os.close(file)


def set_aside(path: Path) -> Path:
    """Rename a file so that it is kept for people and not tried again; return where it is."""
    return path.rename(path.with_suffix(DAMAGED))


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is(file: int, path: Path) -> bool:
    """Whether the file is still the one at the path: another process may have shipped it before it was locked."""
    try:
        return os.fstat(file).st_ino == path.stat().st_ino
    except FileNotFoundError:
        return False


def _content(file: int) -> bytes:
    with os.fdopen(os.dup(file), "rb") as reader:
        return reader.read()
