"""Notebooks for JupyterLab: ready to run by hand, and nobody's work is overwritten."""

import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from mlops_lab.errors import LabError
from mlops_lab.reporting import workbench
from mlops_lab.settings import Settings


def ignore(line: str) -> None:
    """Say nothing."""


def test_a_copy_has_the_lab_s_kernel_and_the_parameters_of_its_file(notebook: Path, settings: Settings):
    (notebook.parent / "parameters").mkdir()
    (notebook.parent / "parameters" / "week9.yaml").write_text("tasks: 3\n")

    folder = workbench.prepare(settings, ignore)

    book = nbformat.read(folder / notebook.name, as_version=4)
    assert book.metadata.kernelspec.name == workbench.KERNEL
    injected = next(cell for cell in book.cells if "injected-parameters" in cell.metadata.get("tags", []))
    assert "tasks = 3" in injected.source
    assert "week9.yaml" in injected.source


def test_the_notebook_itself_is_left_alone(notebook: Path, settings: Settings):
    before = notebook.read_bytes()

    workbench.prepare(settings, ignore)

    assert notebook.read_bytes() == before


def test_a_copy_that_was_worked_on_is_kept_and_told_of(notebook: Path, settings: Settings):
    copy = workbench.prepare(settings, ignore) / notebook.name
    copy.write_text("my own work")
    said: list[str] = []

    workbench.prepare(settings, said.append)

    assert copy.read_text() == "my own work"
    assert any("is kept" in line for line in said)


def test_a_copy_that_nobody_touched_follows_its_notebook(write: Callable[..., Path], settings: Settings):
    write("1 + 1")
    copy = workbench.prepare(settings, ignore) / "week9_question.ipynb"
    write("2 + 2")

    workbench.prepare(settings, ignore)

    assert "2 + 2" in copy.read_text()


def test_an_unknown_parameter_in_the_file_is_refused(notebook: Path, settings: Settings):
    (notebook.parent / "parameters").mkdir()
    (notebook.parent / "parameters" / "week9.yaml").write_text("task: 3\n")

    with pytest.raises(LabError, match="task is not a parameter of week9_question"):
        workbench.prepare(settings, ignore)


def test_the_kernel_is_installed_under_the_lab_s_name(tmp_path: Path):
    folder = workbench.install_kernel(tmp_path)

    spec = json.loads((folder / "kernel.json").read_text())
    assert folder == tmp_path / "share" / "jupyter" / "kernels" / workbench.KERNEL
    assert spec["display_name"] == workbench.KERNEL_TITLE
