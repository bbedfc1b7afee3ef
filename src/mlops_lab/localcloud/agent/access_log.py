"""Follows a log that its writer rolls: reads every whole line once, from where it was left, over restarts."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NamedTuple


class Position(NamedTuple):
    """How far a log has been read."""

    inode: int = 0
    offset: int = 0


class AccessLog:
    """The file that is written, and the older ones that it was renamed to (``<stem>-<time><suffix>``)."""

    def __init__(self, path: Path):
        self._path = path

    def read(self, position: Position) -> tuple[list[bytes], Position]:
        """Return the whole lines since a position, and the position after them.

        Where the file of the position is gone, reading begins with the oldest file that is left.
        """
        lines: list[bytes] = []
        with ExitStack() as stack:
            files = self._open(stack)
            inodes = [os.fstat(file.fileno()).st_ino for file in files]
            first = inodes.index(position.inode) if position.inode in inodes else 0
            for inode, file in list(zip(inodes, files, strict=True))[first:]:
                offset = position.offset if inode == position.inode else 0
                found, end = _whole_lines(file, offset)
                lines += found
                position = Position(inode, end)
        return lines, position

    def _open(self, stack: ExitStack) -> list[BinaryIO]:
        """Open all files, the oldest first; again where one was renamed meanwhile."""
        while True:
            with ExitStack() as attempt:
                before = list(self._files())
                try:
                    files: list[BinaryIO] = [attempt.enter_context(path.open("rb")) for path, _ in before]
                except FileNotFoundError:
                    continue
                opened = [os.fstat(file.fileno()).st_ino for file in files]
                if opened == [inode for _, inode in before] and before == list(self._files()):
                    stack.push(attempt.pop_all())
                    return files

    def _files(self) -> Iterator[tuple[Path, int]]:
        older = self._path.parent.glob(f"{self._path.stem}-*{self._path.suffix}")
        for path in [*sorted(older), self._path]:
            try:
                yield path, path.stat().st_ino
            except FileNotFoundError:
                continue


def _whole_lines(file: BinaryIO, offset: int) -> tuple[list[bytes], int]:
    if offset > os.fstat(file.fileno()).st_size:  # another file has got the inode of one that is gone
        offset = 0
    file.seek(offset)
    complete, newline, _ = file.read().rpartition(b"\n")
    return complete.split(b"\n") if newline else [], offset + len(complete) + len(newline)
