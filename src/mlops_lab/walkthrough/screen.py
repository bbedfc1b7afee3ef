"""A terminal's output as pictures of its screen: replayed in an emulator, written as HTML."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from math import ceil
from typing import Any

from mlops_lab.walkthrough.pace import HOLD, clock, paced, real, unrolled
from mlops_lab.walkthrough.terminal import COLUMNS, LINES, Recording

TICK = 0.2  # seconds of the film between two looks at the screen
TYPED = 1.0  # seconds in which the command is typed
COLOURS = {
    "black": "#3b4252",
    "red": "#ff7b72",
    "green": "#7ee787",
    "brown": "#e3b341",
    "blue": "#79c0ff",
    "magenta": "#d2a8ff",
    "cyan": "#76e3ea",
    "white": "#e6edf3",
    "brightblack": "#9aa4af",
    "default": "#e6edf3",
}


@dataclass(frozen=True)
class Frame:
    """What the screen shows, for some seconds of the film."""

    html: str  # of the screen
    clock: str  # the real time since the command began, of how much
    seconds: float


def frames(command: str, recording: Recording, seconds: float) -> Iterator[Frame]:
    """Replay a recording in so many seconds of the film; waiting is shortened, the last screen stays the longest."""
    screen, pieces = Screen(), list(unrolled(recording.pieces, LINES))
    yield from _typed(screen, command, recording)
    film = paced(pieces, seconds - TYPED - HOLD)
    ticks = ceil(film[-1] / TICK) if film else 0
    fed = 0
    for tick in range(1, ticks + 1):
        while fed < len(film) and film[fed] <= tick * TICK:
            screen.feed(pieces[fed].data)
            fed += 1
        yield Frame(screen.html(), _said(real(tick * TICK, film, pieces), recording), TICK)
    yield Frame(screen.html(), _said(recording.seconds, recording), seconds - TYPED - ticks * TICK)


def merged(shown: Sequence[Frame]) -> list[Frame]:
    """Join frames that show the same, so that each is drawn once."""
    groups = groupby(shown, key=lambda frame: (frame.html, frame.clock))
    return [Frame(html, said, sum(frame.seconds for frame in group)) for (html, said), group in groups]


class Screen:
    """An emulated terminal."""

    def __init__(self) -> None:
        import pyte

        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)

    def feed(self, piece: bytes) -> None:
        """Take what a program wrote."""
        self._stream.feed(piece)

    def html(self) -> str:
        """Return the lines of the screen as HTML."""
        rows = (self._screen.buffer[line] for line in range(LINES))
        return "\n".join(_row([row[column] for column in range(COLUMNS)]) for row in rows)


def _typed(screen: Screen, command: str, recording: Recording) -> Iterator[Frame]:
    screen.feed(b"\x1b[32m$\x1b[0m ")
    steps = round(TYPED / TICK)
    for step in range(1, steps + 1):
        part = command[len(command) * (step - 1) // steps : len(command) * step // steps]
        screen.feed(part.encode())
        yield Frame(screen.html(), _said(0.0, recording), TICK)
    screen.feed(b"\r\n")


def _said(moment: float, recording: Recording) -> str:
    return f"{clock(min(moment, recording.seconds))} of {clock(recording.seconds)}"


def _row(cells: Sequence[Any]) -> str:
    runs = groupby(cells, key=lambda cell: (cell.fg, cell.bg, cell.bold, cell.italics, cell.underscore, cell.reverse))
    return "".join(_run(style, "".join(cell.data for cell in run)) for style, run in runs).rstrip()


def _run(style: tuple[str, str, bool, bool, bool, bool], text: str) -> str:
    front, back, bold, italics, underscore, reverse = style
    front, back = (back, front) if reverse else (front, back)
    rules = [
        f"color:{_colour(front)}" if front != "default" else "",
        f"background:{_colour(back)}" if back != "default" else "",
        "font-weight:bold" if bold else "",
        "font-style:italic" if italics else "",
        "text-decoration:underline" if underscore else "",
    ]
    css = ";".join(rule for rule in rules if rule)
    return f'<span style="{css}">{escape(text)}</span>' if css else escape(text)


def _colour(name: str) -> str:
    return COLOURS.get(name) or COLOURS.get(name.removeprefix("bright")) or f"#{name}"
