"""Says what is happening and how long it took, one line a step, also when several things happen side by side."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

from mlops_lab.times.span import Span

Say = Callable[[str], None]  # gets a line for every step


def silent(line: str) -> None:
    """Say nothing."""


class Timeline:
    """Prints lines stamped with the seconds since it was made, each with the lane that it belongs to."""

    def __init__(self, console: Console):
        self.console = console
        self.spans: list[Span] = []  # steps that have ended
        self._start = time.monotonic()
        self._lock = threading.Lock()

    @property
    def seconds(self) -> float:
        """Seconds since the timeline was made."""
        return time.monotonic() - self._start

    def lane(self, name: str) -> Say:
        """Return what prints a line of a lane."""
        return lambda text: self._print(name, text)

    def quote(self, name: str) -> Say:
        """Return what prints a line of a lane that another program wrote: brackets in it are no markup."""
        return lambda text: self._print(name, escape(text))

    @contextmanager
    def step(self, lane: str, doing: str) -> Iterator[None]:
        """Print what begins, and how long it took once it has ended; a failure is said by whoever catches it."""
        self._print(lane, f"{doing} ...")
        start = self.seconds
        with self.span(lane, doing):
            yield
        self._print(lane, f"{doing}: done in {self.seconds - start:.1f} s")

    @contextmanager
    def span(self, lane: str, doing: str) -> Iterator[None]:
        """Keep when something began and ended, and print nothing: it says by itself what it does."""
        start = self.seconds
        yield
        self.spans.append(Span(lane, doing, start, self.seconds))

    def _print(self, lane: str, text: str) -> None:
        with self._lock:
            self.console.print(f"[dim]{self.seconds:6.1f} s[/dim]  [bold]{lane:<10}[/bold] {text}", highlight=False)
