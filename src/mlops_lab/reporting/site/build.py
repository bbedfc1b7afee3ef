"""Builds the site: every page from its template, into a folder that replaces the one before only when it is whole."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat
from jinja2 import Environment, PackageLoader, StrictUndefined, UndefinedError
from markupsafe import Markup, escape

from mlops_lab.errors import LabError
from mlops_lab.reporting import loop_diagram, page
from mlops_lab.reporting.site import canary, front
from mlops_lab.reporting.site.figures import highlight, title
from mlops_lab.reporting.site.records import Kept, Records, Week, read

FOLDER = "site"
ARCHITECTURE = "architecture.svg"
PAGES = {  # file -> what the navigation calls it
    "index.html": "Overview",
    "walkthrough.html": "Walkthrough",
    "outcomes.html": "Outcomes",
    "models.html": "Models",
    "canaries.html": "Canaries",
    "dashboards.html": "Dashboards",
    "cost.html": "Cost",
    "quality.html": "Quality",
}


def build(reports: Path, address: str = "") -> Path:
    """Build the site from what is kept in a folder, into ``site`` below it; return its front page.

    Args:
        reports: The folder.
        address: Where the sources are browsed, such as https://github.com/owner/name; nothing: no link leads there.

    Raises:
        LabError: A record cannot be read, or lacks a part.
    """
    records = read(reports)
    with TemporaryDirectory(prefix="site-", dir=reports) as name:
        trial = Path(name) / FOLDER
        shutil.copytree(Path(__file__).parent / "assets", trial)
        weeks = [_week(week, trial) for week in records.weeks]
        _copy(records, Kept(reports), trial)
        try:
            _render(trial, _shown(records, weeks, address, trial))
        except (KeyError, UndefinedError) as error:
            raise LabError(f"A record below {reports} lacks a part ({error}); `make record` writes it anew.") from None
        shutil.rmtree(reports / FOLDER, ignore_errors=True)
        trial.rename(reports / FOLDER)
    return reports / FOLDER / "index.html"


def _shown(records: Records, weeks: list[Mapping[str, Any]], address: str, folder: Path) -> dict[str, Any]:
    return {
        "pages": PAGES,
        "address": address.rstrip("/"),
        "weeks": weeks,
        "records": records,
        "summary": front.summary(records.outcomes),
        "figures": front.key_figures(records),
        "by_week": front.by_week(records.outcomes),
        "timelines": [canary.timeline(each) for each in records.canaries],
        "has_architecture": (folder / ARCHITECTURE).is_file(),
        "loop_wide": loop_diagram.draw(columns=6),
        "loop_tall": loop_diagram.draw(columns=2),
    }


def _render(folder: Path, shown: Mapping[str, Any]) -> None:
    loader = PackageLoader(__package__, "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["coded"] = _coded
    for name in PAGES:
        text = environment.get_template(name).render(shown, here=name)
        (folder / name).write_text(text, encoding="utf-8")


def _coded(text: str) -> Markup:
    """Escape a text; what stands between backticks becomes code."""
    parts = (escape(part) for part in text.split("`"))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if odd % 2 else part for odd, part in enumerate(parts)
    )


def _week(week: Week, folder: Path) -> Mapping[str, Any]:
    notebook = nbformat.read(week.notebook, as_version=4)  # type: ignore[no-untyped-call]
    name = f"week{week.number}.html"
    links = '<nav><a href="index.html">MLOps Portfolio Lab</a></nav>'
    (folder / name).write_text(page.page(notebook, name, links), encoding="utf-8")
    picture = highlight(notebook, week.number)
    if picture is None:
        return {"number": week.number, "page": name, "title": title(notebook), "picture": "", "heading": ""}
    (folder / f"week{week.number}.png").write_bytes(picture.png)
    return {
        "number": week.number,
        "page": name,
        "title": title(notebook),
        "picture": f"week{week.number}.png",
        "heading": picture.heading,
    }


def _copy(records: Records, kept: Kept, folder: Path) -> None:
    pictures = [*records.dashboards, *sorted(kept.diagrams.glob("*.svg")), kept.badge]
    pictures += [kept.film, kept.captions, kept.poster]
    for path in pictures:
        if path.is_file():
            shutil.copy(path, folder / path.name)
