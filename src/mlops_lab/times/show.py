"""The tables of `make times`: a run's spans as bars, what the end waited for, and the slowest tests."""

from collections.abc import Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mlops_lab.errors import LabError
from mlops_lab.times import record
from mlops_lab.times.span import Account, Span, account

RUNS = {"demo": "make demo", "test": "make test"}
SLOWEST, WIDTH = 12, 24  # tests that are listed, characters of a bar


def show(state: Path, console: Console) -> None:
    """Print where the time of the last demo and of the last test run went.

    Raises:
        LabError: There was neither.
    """
    seen = {command: spans for run, command in RUNS.items() if (spans := record.read(state, run))}
    if not seen:
        raise LabError(f"{state}/times keeps no run yet; run `make demo` or `make test`.")
    for command, spans in seen.items():
        sums = account(spans)
        console.print(_table(command, spans, sums))
        console.print(_told(sums), highlight=False)
    if tests := record.slowest(sorted((state / "times").glob("*.xml")), SLOWEST):
        console.print(_tests(tests))


def _table(command: str, spans: Sequence[Span], sums: Account) -> Table:
    table = Table(title=command, box=SIMPLE_HEAD, title_justify="left")
    table.add_column("from", justify="right")
    table.add_column("seconds", justify="right")
    table.add_column("", width=WIDTH, no_wrap=True)
    table.add_column("what (●: the end waited for it)")
    first = spans[0].start
    for each in spans:
        what = f"{'●' if each in sums.path else ' '} {each.lane}: {each.doing}"
        table.add_row(f"{each.start - first:.0f}", f"{each.seconds:.1f}", bar(each, first, sums.seconds), what)
    return table


def bar(span: Span, first: float, seconds: float) -> str:
    """Draw a span's place in the whole."""
    scale = WIDTH / seconds if seconds else 0
    before = min(round((span.start - first) * scale), WIDTH - 1)
    return " " * before + "█" * min(max(1, round(span.seconds * scale)), WIDTH - before)


def _told(sums: Account) -> str:
    waited = sum(each.seconds for each in sums.path)
    return (
        f"{sums.seconds:.0f} s for {sums.work:.0f} s of steps: {sums.at_once:.1f} at once; "
        f"the end waited for {len(sums.path)} of them, {waited:.0f} s; {sums.alone:.0f} s with no more than one.\n"
    )


def _tests(tests: Sequence[record.Test]) -> Table:
    table = Table("seconds", "the slowest tests, with what they set up", box=SIMPLE_HEAD)
    for each in tests:
        table.add_row(f"{each.seconds:.1f}", each.name)
    return table
