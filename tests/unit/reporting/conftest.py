"""Notebooks of a few cells, and states of three network layouts as `terraform show -json` wrote them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

from mlops_lab.settings import Settings

STATES = Path(__file__).parent / "states"
PARAMETERS = 'tasks = 1\nlimit = 60.0\nlayout = "nat"'


def write_notebook(path: Path, *code: str) -> Path:
    """Write a notebook with a title, the parameters cell, and more cells of code."""
    cells = [nbformat.v4.new_markdown_cell("# A small question"), nbformat.v4.new_code_cell(PARAMETERS)]
    cells[1].metadata["tags"] = ["parameters"]
    cells += [nbformat.v4.new_code_cell(each) for each in code]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(book, path)
    return path


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return write_notebook(tmp_path / "notebooks" / "week9_question.ipynb")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write week 9's notebook with these cells of code."""
    return lambda *code: write_notebook(tmp_path / "notebooks" / "week9_question.ipynb", *code)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path, target="local", cloud_port=4599)


@pytest.fixture(params=["public-tasks", "vpc-endpoints", "nat"])
def layout(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def state() -> Callable[[str], dict[str, Any]]:
    """The state of a layout."""
    return lambda name: json.loads((STATES / f"{name}.json").read_text())
