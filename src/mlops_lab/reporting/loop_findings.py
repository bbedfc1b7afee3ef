"""Sentences and tables of the week-5 notebook, from a loop's journals. Pure."""

from collections.abc import Sequence

import pandas as pd

from mlops_lab.loop.journal import Journal
from mlops_lab.loop.report import decision


def by_month(journals: Sequence[Journal]) -> pd.DataFrame:
    """Return a row for each month: what was asked and answered, the verdict, what was decided."""
    return pd.DataFrame(
        {
            "month": each.month,
            "rows": f"{each.steps['traffic']['rows']:,}",
            "failed": each.steps["traffic"]["failed"],
            "served by version": ", ".join(sorted(each.steps["traffic"]["versions"])),
            "error (minutes)": f"{each.steps['traffic']['error']:.2f}",
            "verdict": each.steps["drift"]["verdict"],
            "decision": decision(each),
        }
        for each in journals
    )


def reasons(journals: Sequence[Journal], most: int = 4) -> str:
    """Say for each month what its verdict rests on, as Markdown."""
    return "\n".join(
        f"- **{each.month}, {each.steps['drift']['verdict']}**: " + "; ".join(each.steps["drift"]["reasons"][:most])
        for each in journals
    )


def outcome(journals: Sequence[Journal], limit: float) -> str:
    """Say what the loop has brought, as Markdown."""
    errors = {each.month: each.steps["traffic"]["error"] for each in journals}
    worst = max(errors, key=lambda month: errors[month])
    last = journals[-1].month
    acted = [each.month for each in journals if "promote" in each.steps]
    made = f"versions were trained, deployed and promoted after {', '.join(acted)}" if acted else "no version was made"
    return (
        f"**Repaired:** the mean error was {errors[worst]:.2f} minutes in {worst}; {made}; in {last} it is "
        f"{errors[last]:.2f}, and the limit is {limit:.1f}."
    )
