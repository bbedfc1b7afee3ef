"""An executed notebook that is kept is the one that would be executed now, or one is told."""

import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from mlops_lab.reporting import freshness

Write = Callable[..., Path]


@pytest.fixture
def reports(tmp_path: Path, write: Write) -> Path:
    """Week 9's notebook, executed."""
    folder = tmp_path / "reports" / "week9"
    folder.mkdir(parents=True)
    executed = Path(shutil.copy(write("1 + 1"), folder))
    executed.with_suffix(".html").touch()
    change(executed, lambda cell: cell.update(execution_count=1))
    return folder.parent


def change(path: Path, how: Callable[[nbformat.NotebookNode], object]) -> None:
    book = nbformat.read(path, as_version=4)
    for cell in book.cells:
        if cell.cell_type == "code":
            how(cell)
    nbformat.write(book, path)


def test_an_executed_notebook_is_fresh(tmp_path: Path, reports: Path):
    assert freshness.stale(tmp_path / "notebooks", reports) == []


def test_a_notebook_that_changed_since_is_told_of(tmp_path: Path, reports: Path, write: Write):
    write("2 + 2")

    assert "has changed since" in freshness.stale(tmp_path / "notebooks", reports)[0]


def test_a_notebook_that_was_never_executed_is_told_of(tmp_path: Path, write: Write):
    write()

    assert freshness.stale(tmp_path / "notebooks", tmp_path) == [
        "week9_question.ipynb was never executed; `make report WEEK=9` executes it"
    ]


def test_a_failed_and_a_skipped_cell_are_told_of(tmp_path: Path, reports: Path):
    failed = nbformat.v4.new_output("error", ename="ValueError", evalue="no", traceback=[])
    change(reports / "week9" / "week9_question.ipynb", lambda cell: cell.update(execution_count=None, outputs=[failed]))

    said = "; ".join(freshness.stale(tmp_path / "notebooks", reports))
    assert "not executed" in said
    assert "a cell that failed" in said
