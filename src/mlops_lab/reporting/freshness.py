"""Whether the executed notebooks that are kept are those that would be executed now."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

INJECTED = "injected-parameters"  # papermill's tag


def stale(notebooks: Path, reports: Path) -> list[str]:
    """Return a line for each notebook whose executed copy is missing, older than its source, unfinished or failed."""
    return [line for source in sorted(notebooks.glob("week*_*.ipynb")) for line in _stale(source, reports)]


def _stale(source: Path, reports: Path) -> Iterator[str]:
    week = source.name.partition("_")[0]
    executed, said = reports / week / source.name, f"`make report WEEK={week.removeprefix('week')}` executes it"
    if not executed.is_file() or not executed.with_suffix(".html").is_file():
        yield f"{source.name} was never executed; {said}"
        return
    cells = _cells(executed)
    if [each.source for each in _cells(source)] != [each.source for each in cells if not _injected(each)]:
        yield f"{source.name} has changed since it was executed; {said}"
    code = [each for each in cells if each.cell_type == "code"]
    if any(each.execution_count is None for each in code if each.source.strip()):
        yield f"{executed.name} has cells that were not executed; {said}"
    if any(output.output_type == "error" for each in code for output in each.outputs):
        yield f"{executed.name} has a cell that failed; {said}"


def _cells(path: Path) -> list[Any]:
    return list(nbformat.read(path, as_version=4).cells)  # type: ignore[no-untyped-call]


def _injected(cell: Any) -> bool:
    return INJECTED in cell.metadata.get("tags", [])
