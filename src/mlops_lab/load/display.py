"""A load run as it goes, and its summary, on a console."""

from collections.abc import Mapping
from types import TracebackType

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table

from mlops_lab.load.summary import Latency, Second, Summary

BOUNDS = {
    "concurrency": "too many were under way",
    "requests": "beyond the limit of requests",
    "seconds": "beyond the limit of time",
}


class Display:
    """Shows the seconds of a run: one line that moves on a terminal, else one line a second."""

    def __init__(self, console: Console, seconds: float):
        self._console = console
        self._bar = Progress(
            TextColumn("{task.completed:>4.0f} s"),
            BarColumn(24),
            TextColumn("{task.description}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=max(seconds, 1))

    def __enter__(self) -> "Display":
        """Begin to show."""
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the last line where it is."""
        self._bar.stop()

    def __call__(self, second: Second) -> None:
        """Show one second."""
        if self._console.is_terminal:
            self._bar.update(self._task, completed=second.second + 1, description=line(second))
        else:
            self._console.print(f"{second.second + 1:>4} s  {line(second)}", highlight=False)


def line(second: Second) -> str:
    """One second in words."""
    counts = (
        f"offered {second.offered:>4}  ok {second.succeeded:>4}  failed {second.failed:>3}  dropped {second.dropped:>3}"
    )
    return f"{counts}  in flight {second.in_flight:>3}  {_latency(second.latency)}"


def show(summary: Summary, console: Console) -> None:
    """Print a run's summary."""
    table = Table("load", "", box=SIMPLE_HEAD, show_header=False)
    table.add_row("offered", f"{summary.offered} requests, {summary.offered_rate:.1f} a second")
    table.add_row("answered with success", f"{summary.succeeded}, {summary.achieved_rate:.1f} a second")
    table.add_row("failed", _listed(summary.errors))
    table.add_row("dropped, never sent", _listed({BOUNDS[bound]: count for bound, count in summary.dropped.items()}))
    table.add_row("latency of successes", _percentiles(summary.latency))
    table.add_row("", "from when each was due" + _own_share(summary))
    table.add_row("by model version", _listed(summary.versions))
    console.print(table)


def _own_share(summary: Summary) -> str:
    return f"; this machine sent up to {summary.delay * 1000:.0f} ms late" if summary.delay >= 0.001 else ""


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items()) or "none"


def _latency(latency: Latency | None) -> str:
    return "no success" if latency is None else f"p50 {latency.p50 * 1000:>4.0f} ms  p99 {latency.p99 * 1000:>4.0f} ms"


def _percentiles(latency: Latency | None) -> str:
    if latency is None:
        return "none"
    parts = {"p50": latency.p50, "p90": latency.p90, "p99": latency.p99, "max": latency.max}
    return ", ".join(f"{name} {value * 1000:.1f} ms" for name, value in parts.items())
