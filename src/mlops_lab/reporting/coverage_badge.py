"""How much of the package its tests run: the figure by package, and a badge."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_lab.errors import LabError

MEASURED = Path(".coverage.json")  # what coverage.py wrote
GREEN, YELLOW, RED = "#2e7d32", "#b26a00", "#b3261e"
BADGE = """<svg xmlns="http://www.w3.org/2000/svg" width="112" height="20" role="img" aria-label="{label}">
<title>{label}</title>
<rect width="66" height="20" fill="#555"/><rect x="66" width="46" height="20" fill="{colour}"/>
<g fill="#fff" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" text-anchor="middle">
<text x="33" y="14">coverage</text><text x="89" y="14">{percent} %</text></g>
</svg>
"""


def write(root: Path, reports: Path) -> str:
    """Write ``coverage.json`` and ``coverage.svg`` from what coverage.py measured; return the figure as Markdown.

    Raises:
        LabError: Nothing was measured.
    """
    try:
        measured = json.loads((root / MEASURED).read_text())
    except (OSError, ValueError) as error:
        raise LabError(f"{root / MEASURED} cannot be read ({error}); run `make coverage`.") from None
    figures = by_package(measured["files"])
    total = round(float(measured["totals"]["percent_covered"]), 1)
    lines = of_lines(measured["totals"])
    reports.mkdir(parents=True, exist_ok=True)
    (reports / "coverage.json").write_text(
        json.dumps({"lines": lines, "total": total, "packages": figures}, indent=2) + "\n"
    )
    (reports / "coverage.svg").write_text(badge(lines))
    rows = "\n".join(f"| {name} | {percent:.1f} % |" for name, percent in figures.items())
    figure = f"{lines:.1f} % of lines, {total:.1f} % of lines and branches"
    return f"### Coverage {figure}\n\n| package | lines and branches run |\n|---|---|\n{rows}\n"


def of_lines(summary: Mapping[str, Any]) -> float:
    """Return per cent of lines that ran. Pure."""
    return round(100 * int(summary["covered_lines"]) / max(1, int(summary["num_statements"])), 1)


def by_package(files: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Return per cent of lines and branches that ran, by the package below ``mlops_lab``. Pure."""
    counts: dict[str, tuple[int, int]] = {}
    for path, measured in files.items():
        inside = Path(path).parts[Path(path).parts.index("mlops_lab") + 1 :]
        name, summary = inside[0] if len(inside) > 1 else "mlops_lab", measured["summary"]
        ran, all_ = counts.get(name, (0, 0))
        ran += summary["covered_lines"] + summary.get("covered_branches", 0)
        counts[name] = (ran, all_ + summary["num_statements"] + summary.get("num_branches", 0))
    return {name: round(100 * ran / all_, 1) for name, (ran, all_) in sorted(counts.items()) if all_}


def badge(percent: float) -> str:
    """Return the badge as SVG: green from 90 per cent, yellow from 75. Pure."""
    colour = next((colour for least, colour in ((90, GREEN), (75, YELLOW)) if percent >= least), RED)
    return BADGE.format(label=f"coverage: {percent:.0f} per cent", colour=colour, percent=f"{percent:.0f}")
