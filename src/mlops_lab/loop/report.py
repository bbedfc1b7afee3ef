"""What the loop did, month by month, as a table."""

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mlops_lab.loop.journal import Journal


def show(journals: Sequence[Journal], console: Console) -> None:
    """Print for each month what was asked, how well it was answered, the verdict and what was decided."""
    table = Table("month", "rows", "served by", "error", "verdict", "decision", box=SIMPLE_HEAD)
    for each in journals:
        traffic, drift = each.steps["traffic"], each.steps["drift"]
        versions = ", ".join(sorted(traffic["versions"]))
        error = f"{traffic['error']:.2f}" if traffic["error"] is not None else "-"
        table.add_row(
            each.month, f"{traffic['rows']:,}", f"version {versions}", error, drift["verdict"], decision(each)
        )
    console.print(table)


def decision(journal: Journal) -> str:
    """What came of a month's verdict."""
    retrained = journal.steps.get("retrain")
    if retrained is None:
        return "the champion stays"
    if retrained["version"] is None:
        return "challenger refused, the champion stays"
    return f"version {retrained['version']} deployed and promoted"
