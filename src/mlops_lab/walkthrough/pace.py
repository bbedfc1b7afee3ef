"""From the time that a command really took to the film's: waiting is shortened, the real time stays known. Pure."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import inf

WAIT = 4.0  # seconds of the film that nothing happening takes at most
HOLD = 3.0  # seconds at least that the end of the output stays
BURST = 0.05  # seconds within which output was written as one: a terminal hands it on in parts of 4 KiB
UPWARDS = re.compile(rb"\x1b\[\d*A")  # the cursor goes up: a table is drawn anew over the one before
LINE = 0.25  # seconds of the film for a line of output that is longer than the screen


@dataclass(frozen=True)
class Piece:
    """Output that appears at once."""

    moment: float  # seconds since the command began
    data: bytes
    dwell: float = 0.0  # seconds of the film for which it stays the newest at least


def unrolled(pieces: Sequence[tuple[float, bytes]], lines: int) -> Iterator[Piece]:
    """Give output as it came, but what is longer than a screen of so many lines line by line, to be read."""
    for moment, data in _bursts(pieces):
        if data.count(b"\n") <= lines or UPWARDS.search(data):
            yield Piece(moment, data)
            continue
        for line in data.splitlines(keepends=True):
            yield Piece(moment, line, LINE)


def paced(pieces: Sequence[Piece], room: float) -> list[float]:
    """Return the film's second of each piece: waits are shortened alike, no more than the room demands.

    Args:
        pieces: In their order.
        room: Seconds of the film that there are for all of them.
    """
    if not pieces:
        return []
    moments = [0.0, *(piece.moment for piece in pieces)]
    least = [0.0, *(piece.dwell for piece in pieces[:-1])]
    gaps = [after - before for before, after in pairwise(moments)]
    longest = min(WAIT, _longest(gaps, room - sum(least)))
    film = list(accumulate(max(dwell, min(gap, longest)) for dwell, gap in zip(least, gaps, strict=True)))
    scale = min(1.0, room / film[-1]) if film[-1] > 0 else 1.0
    return [each * scale for each in film]


def real(second: float, film: Sequence[float], pieces: Sequence[Piece]) -> float:
    """Return the real moment that a second of the film shows, between the pieces in proportion."""
    known, shown = [0.0, *(piece.moment for piece in pieces)], [0.0, *film]
    after = bisect_right(shown, second)
    if after == len(shown):
        return known[-1]
    share = (second - shown[after - 1]) / (shown[after] - shown[after - 1])
    return known[after - 1] + share * (known[after] - known[after - 1])


def clock(seconds: float) -> str:
    """Say seconds as minutes and seconds."""
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02}"


def _bursts(pieces: Sequence[tuple[float, bytes]]) -> Iterator[tuple[float, bytes]]:
    """Join what was written as one; it has the moment of its first part."""
    first, last, joined = 0.0, -inf, b""
    for moment, data in pieces:
        if moment - last > BURST and joined:
            yield first, joined
            joined = b""
        first, last, joined = (first if joined else moment), moment, joined + data
    if joined:
        yield first, joined


def _longest(gaps: Sequence[float], room: float) -> float:
    """Return what gaps must be cut down to so that together they fill the room; infinity where they fit as they are."""
    left = max(0.0, room)
    for index, gap in enumerate(ordered := sorted(gaps)):
        if gap * (len(ordered) - index) > left:
            return left / (len(ordered) - index)
        left -= gap
    return inf
