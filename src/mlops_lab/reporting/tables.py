"""Tables of the reports, as frames of text: equal figures make equal tables."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from html import escape

import pandas as pd

from mlops_lab.errors import LabError
from mlops_lab.infrastructure.documentation import Configuration
from mlops_lab.pipeline.bill import GROUPS, Bill
from mlops_lab.pipeline.resources import Resources

FIGURE = re.compile(r"[\d.,]*")


def resources_by_question(resources: Resources, configuration: Configuration) -> pd.DataFrame:
    """List what a state holds by the file that declares it: the question it answers, how many, and which.

    Raises:
        LabError: A resource that no file declares: state and configuration are not of one version.
    """
    files = {
        f"{kind}.{name}": file
        for file, content in configuration.files.items()
        for block in content.get("resource", ())
        for kind, named in block.items()
        for name in named
    }
    found: dict[str, Counter[str]] = {}
    for each in resources.all:
        if (declared := f"{each.type}.{each.name}") not in files:
            raise LabError(f"{declared} is in the state and in no file of infra/; run `make apply` first.")
        found.setdefault(files[declared], Counter())[_noun(each.type)] += 1
    rows = [
        (
            configuration.questions[file],
            file,
            counts.total(),
            ", ".join(f"{n} {kind}" for kind, n in sorted(counts.items())),
        )
        for file, counts in sorted(found.items(), key=lambda item: (-item[1].total(), item[0]))
    ]
    return pd.DataFrame(rows, columns=["question", "file", "resources", "which"])


def bill_table(bill: Bill) -> pd.DataFrame:
    """List a bill's lines and their sum: how many, units and price of each, USD a month, and what is assumed."""
    rows = [
        (
            line.what,
            f"{line.count:g}",
            f"{line.units:,.1f} {line.price.unit}",
            f"{line.price.usd:g}",
            f"{line.monthly:,.2f}",
            line.assumption,
        )
        for line in bill.lines
        if line.price.usd
    ]
    rows.append(("total", "", "", "", f"{bill.total:,.2f}", ""))
    columns = ["what", "count", "each a month", "USD a unit", "USD a month", "assumption"]
    return pd.DataFrame(rows, columns=columns)


def free_table(bill: Bill) -> pd.DataFrame:
    """List what costs nothing, and why."""
    rows = [(line.what, f"{line.count:g}", line.assumption) for line in bill.lines if not line.price.usd]
    return pd.DataFrame(rows, columns=["what", "count", "why"])


def comparison(bills: Mapping[str, Bill]) -> pd.DataFrame:
    """Compare bills by group of lines, in USD a month, one column a bill."""
    shown = [group for group in GROUPS if any(bill.group(group) for bill in bills.values())]
    rows = [(group, *(f"{bill.group(group):,.2f}" for bill in bills.values())) for group in shown]
    rows.append(("total", *(f"{bill.total:,.2f}" for bill in bills.values())))
    return pd.DataFrame(rows, columns=["USD a month", *bills])


def html(frame: pd.DataFrame) -> str:
    """Render a table in full: columns of figures to the right, a row called total in bold."""
    names = [str(name) for name in frame.columns]
    figures = [all(FIGURE.fullmatch(str(value)) for value in frame[name]) for name in frame.columns]
    rows = [_row("th", names, figures)]
    rows += [
        _row("th" if row[0] == "total" else "td", [str(cell) for cell in row], figures) for row in frame.to_numpy()
    ]
    return f"<table><thead>{rows[0]}</thead><tbody>{''.join(rows[1:])}</tbody></table>"


def _row(tag: str, cells: Sequence[str], figures: Sequence[bool]) -> str:
    sides = ["right" if figure else "left" for figure in figures]
    columns = zip(cells, sides, strict=True)
    return (
        "<tr>"
        + "".join(f'<{tag} style="text-align: {side}">{escape(cell)}</{tag}>' for cell, side in columns)
        + "</tr>"
    )


def _noun(kind: str) -> str:
    return kind.removeprefix("aws_").removeprefix("vpc_security_group_").replace("_", " ")
