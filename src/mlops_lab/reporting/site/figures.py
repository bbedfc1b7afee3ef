"""Figures and titles of executed notebooks, found by the heading they stand under."""

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nbformat import NotebookNode

# What the front page shows of a week: the heading of its notebook under which the figure stands.
HIGHLIGHTS: Mapping[int, str] = {
    2: "The experiment",
    4: "Drift to come",
    5: "What the error did",
}


@dataclass(frozen=True)
class Figure:
    """A picture that a notebook shows, and the heading that it stands under."""

    heading: str
    png: bytes


def figures(notebook: NotebookNode) -> Iterator[Figure]:
    """Yield every PNG that a notebook shows, from the top."""
    heading = ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = next(reversed(_headings(cell.source)), heading)
        for output in cell.get("outputs", ()):
            if encoded := output.get("data", {}).get("image/png"):
                yield Figure(heading, base64.b64decode(encoded))


def highlight(notebook: NotebookNode, week: int) -> Figure | None:
    """Return what the front page shows of a week, or None where that notebook has no such figure."""
    wanted = HIGHLIGHTS.get(week)
    return next((figure for figure in figures(notebook) if figure.heading == wanted), None)


def title(notebook: NotebookNode) -> str:
    """Return a notebook's first heading, or nothing."""
    found = (heading for cell in notebook.cells if cell.cell_type == "markdown" for heading in _headings(cell.source))
    return next(found, "")


def _headings(source: str) -> list[str]:
    return [line.lstrip("#").strip() for line in source.splitlines() if line.startswith("#")]
