"""A canary as it goes: its steps as a table that grows, then what became of it."""

from types import TracebackType

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.live import Live
from rich.table import Table

from mlops_lab.delivery.canary.state import Canary, Look

COLUMNS = ("time (UTC)", "step", "weight", "share", "requests", "5xx", "slow", "verdict")
STYLES = {"roll back": "red", "pass": "green", "go on": "yellow"}


class Display:
    """Shows every look: a live table on a terminal, else a line a look."""

    def __init__(self, console: Console):
        self._console = console
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._shown, self._told = 0, 0

    def __enter__(self) -> "Display":
        """Begin to show."""
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the table where it is."""
        if self._live is not None:
            self._live.stop()

    def __call__(self, canary: Canary) -> None:
        """Show what is new."""
        for event in canary.events[self._told :]:
            self._console.print(f"{event.at[11:19]}  {event.what}", markup=False, highlight=False)
        if self._live is not None:
            self._live.update(table(canary), refresh=True)
        else:
            for look in canary.looks[self._shown :]:
                self._console.print("  ".join(_cells(look)), markup=False, highlight=False)
        self._told, self._shown = len(canary.events), len(canary.looks)


def table(canary: Canary) -> Table:
    """The looks of a canary."""
    found = Table(
        *COLUMNS,
        box=SIMPLE_HEAD,
        title=f"{canary.project}: version {canary.version} beside stable's {canary.stable_version}",
    )
    for look in canary.looks:
        *cells, verdict = _cells(look)
        found.add_row(*cells, f"[{STYLES[look.verdict]}]{verdict}[/]")
    return found


def summary(canary: Canary) -> list[str]:
    """What became of a canary, in a line or three."""
    weights = ", ".join(f"{each} %" for each in canary.plan)
    why = f": {canary.reason}" if canary.reason else ""
    lines = [f"{canary.project} version {canary.version} ({weights}): {canary.phase}{why}"]
    if (seconds := canary.seconds_to_rollback) is not None:
        lines.append(f"stable had all requests again after {seconds:.1f} s; the alias is where it was")
    if canary.failures is not None:
        lines.append(_lost(canary))
    return lines


def _lost(canary: Canary) -> str:
    found = canary.failures
    assert found is not None
    seen = f"5xx by CloudWatch: {found.target} of the canary's tasks, {found.balancer} of the balancer itself"
    if (clients := found.clients) is None:
        return seen
    return f"clients: {clients.failed} of {clients.offered} requests failed (at most {clients.bound} met it); {seen}"


def _cells(look: Look) -> tuple[str, ...]:
    share = f"{look.share:.1%}" if look.share is not None else "-"
    pairs = (f"{getattr(look.canary, name)} / {getattr(look.stable, name)}" for name in ("requests", "errors", "slow"))
    return (
        look.at[11:19],
        str(look.step + 1),
        f"{look.weight} %",
        share,
        *pairs,
        f"{look.verdict}: {'; '.join(look.reasons)}",
    )
