"""What the front page says in figures, each computed from a record. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from mlops_lab.reporting.site.records import Records

PLANNED = 48  # outcomes of the seven-week plan


@dataclass(frozen=True)
class KeyFigure:
    """A number, what it is, and the page that shows where it comes from."""

    value: str
    meaning: str
    page: str


def summary(outcomes: Mapping[str, Any]) -> str:
    """Say how many outcomes hold, of those that were checked and of those that are planned."""
    rows = outcomes["outcomes"]
    counts = {status: sum(row["status"] == status for row in rows) for status in ("pass", "fail", "not applicable")}
    said = f"{counts['pass']} of {len(rows)} outcomes that were checked hold"
    said += f", {counts['fail']} failed" if counts["fail"] else ""
    said += f", {counts['not applicable']} cannot mean anything there" if counts["not applicable"] else ""
    unchecked = PLANNED - len(rows)
    return said + (f"; {unchecked} of the plan's {PLANNED} are not checked yet" if unchecked > 0 else "")


def by_week(outcomes: Mapping[str, Any]) -> Sequence[tuple[int, Sequence[Mapping[str, Any]]]]:
    """Return the outcomes of each week."""
    rows = sorted(outcomes["outcomes"], key=lambda row: tuple(map(int, row["id"].split("."))))
    return [(week, list(found)) for week, found in groupby(rows, key=lambda row: int(row["id"].split(".")[0]))]


def key_figures(records: Records) -> Sequence[KeyFigure]:
    """Return what a reader should see first; what is not recorded has no figure."""
    passed = sum(row["status"] == "pass" for row in records.outcomes["outcomes"])
    found = [KeyFigure(f"{passed} / {PLANNED}", "outcomes hold, each by an executable check", "outcomes.html")]
    found += [_of_model(card) for card in records.cards]
    if records.cost:
        meaning = "a month on AWS at list prices, as configured"
        found.append(KeyFigure(f"{records.cost['total']:,.2f} USD", meaning, "cost.html"))
    if records.coverage:
        meaning = "of the package's lines are run by its tests"
        found.append(KeyFigure(f"{records.coverage['lines']:.1f} %", meaning, "quality.html"))
    return found


def _of_model(card: Mapping[str, Any]) -> KeyFigure:
    metric = card["metric"]
    before = max(card["baselines"], key=lambda each: -each["value"], default=None)
    against = f"; {before['value']:.3g} is the best baseline's ({before['name']})" if before else ""
    meaning = f"{metric['name']} of {card['project']} on {card['rows']['test']:,} held-out rows{against}"
    return KeyFigure(f"{metric['value']:.3g}", meaning, f"models.html#{card['project']}")
