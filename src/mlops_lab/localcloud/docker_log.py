"""A container's log as the Engine API returns it: bytes in, lines and a cursor out."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from mlops_lab.localcloud.driver import LogLine

STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) ")  # nanoseconds, always nine digits: sorts as text
SECONDS = 19  # characters of a stamp up to the whole second
CHUNK = 16 * 1024  # the Engine stores a longer line in chunks, and stamps every one


def since(cursor: str | None) -> int:
    """Return the second (Unix time) from which to ask for the log, so that nothing after the cursor is missed."""
    if cursor is None:
        return 0
    return int(datetime.fromisoformat(cursor[:SECONDS]).replace(tzinfo=UTC).timestamp())


def read(log: bytes, cursor: str | None) -> tuple[list[LogLine], str | None]:
    """Return the lines after the cursor, and the cursor after them.

    The Engine cannot continue after a line, only from a time: a cursor is the last line's time and how many lines
    with that time were read. A line that has not ended yet is left for the next time.

    Args:
        log: The log with timestamps, from `since(cursor)` on.
        cursor: What the last call returned; None for the start.
    """
    last, _, count = (cursor or " 0").partition(" ")
    position = (last, int(count))
    lines: list[LogLine] = []
    for stamp, number, text in _numbered(log):
        if (stamp, number) > position:
            position = (stamp, number)
            lines.append(LogLine(_milliseconds(stamp), text.decode(errors="replace")))
    return lines, f"{position[0]} {position[1]}" if lines else cursor


def _numbered(log: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Every complete line with its stamp and its number among those of that stamp."""
    before, number = b"", 0
    for line in log.split(b"\n")[:-1]:
        if match := STAMP.match(line):
            stamp = match[1]
            number = number + 1 if stamp == before else 1
            before = stamp
            yield stamp.decode(), number, _joined(line[match.end() :]).removesuffix(b"\r")


def _joined(text: bytes) -> bytes:
    """Take out the stamps between the chunks of a long line."""
    chunks, rest = [text[:CHUNK]], text[CHUNK:]
    while rest:
        match = STAMP.match(rest)
        start = match.end() if match else 0
        chunks.append(rest[start : start + CHUNK])
        rest = rest[start + CHUNK :]
    return b"".join(chunks)


def _milliseconds(stamp: str) -> int:
    return int(datetime.fromisoformat(stamp).timestamp() * 1000)
