"""Prints a review of roles."""

from rich.console import Console
from rich.table import Table

from mlops_lab.security.review import Review


def show(review: Review, console: Console) -> None:
    """Print every grant with its calls and its reason, then the findings."""
    for role, grants in review.by_role():
        table = Table(title=role, title_justify="left", show_edge=False, expand=False)
        table.add_column("may")
        table.add_column("on", overflow="fold")
        table.add_column("calls", justify="right")
        table.add_column("why it stays, where it needs a reason", overflow="fold")
        for each in grants:
            table.add_row(each.action, each.resource, f"{each.calls:,}" if each.calls else "-", each.reason)
        console.print(table)
        console.print()
    for finding in review.findings:
        console.print(f"[red]{finding}[/red]", highlight=False)
    console.print(
        f"{review.used} of {len(review.grants)} grants were used; {len(review.refused)} kinds of calls were refused; "
        f"{len(review.findings)} findings"
    )
