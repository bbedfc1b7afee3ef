import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from mlops_lab.errors import LabError
from mlops_lab.reporting.notebooks import find, run_week
from mlops_lab.settings import Settings

Write = Callable[..., Path]
TELL = """
import os, sys
print(sys.executable, os.getcwd(), os.environ["TARGET"], os.environ["LAB_CLOUD_PORT"], os.environ.get("AWS_PROFILE"))
print("tasks", tasks, "limit", limit)
"""


def outputs(path: Path) -> str:
    cells = nbformat.read(path, as_version=4).cells
    return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))


def test_a_run_uses_this_python_in_the_root_and_speaks_to_the_target_only(
    settings: Settings, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(TELL)
    monkeypatch.setenv("AWS_PROFILE", "somebody")

    page = run_week(settings, 9, {"tasks": 5})

    said = outputs(page.with_suffix(".ipynb"))
    assert page == settings.root / "reports" / "week9" / "week9_question.html"
    assert f"{sys.executable} {settings.root} local 4599 None" in said
    assert "tasks 5 limit 60.0" in said


def test_the_page_folds_code_away_and_asks_nothing_of_the_network(settings: Settings, write: Write) -> None:
    write("print(6 * 7)")

    html = run_week(settings, 9).read_text()

    assert "celltag_parameters" in html
    assert "<title>A small question</title>" in html
    assert "42" in html
    assert "Show code" in html
    assert not [part for part in ("<script", "src=", "<link", "@import", "url(") if part in html]


def test_what_is_published_names_no_path_of_this_machine(settings: Settings, write: Write) -> None:
    write("print(1)")

    page = run_week(settings, 9)

    for path in (page, page.with_suffix(".ipynb")):
        assert str(settings.root) not in path.read_text()


def test_a_failing_cell_is_named_and_the_executed_notebook_is_kept(settings: Settings, write: Write) -> None:
    write("print('before')", "# why\ncheck = 1\nraise ValueError('too\\nmuch')", "print('after')")

    with pytest.raises(LabError) as failure:
        run_week(settings, 9)

    kept = settings.state_dir / "reports" / "week9" / "week9_question.ipynb"
    assert "cell In [3] (`check = 1`) failed: ValueError: too much;" in str(failure.value)
    assert str(kept) in str(failure.value)
    assert "before" in outputs(kept)
    assert "after" not in outputs(kept)


def test_a_failing_run_leaves_the_last_good_report(settings: Settings, write: Write) -> None:
    write("print('good')")
    page = run_week(settings, 9)
    write("raise ValueError('bad')")

    with pytest.raises(LabError):
        run_week(settings, 9)

    assert "good" in page.read_text()
    assert "good" in outputs(page.with_suffix(".ipynb"))


def test_a_kernel_that_dies_is_one_line(settings: Settings, write: Write) -> None:
    write("import os; os._exit(3)")

    with pytest.raises(LabError, match=r"week9_question\.ipynb did not end: Kernel died"):
        run_week(settings, 9)


def test_a_mistyped_parameter_runs_nothing(settings: Settings, write: Write) -> None:
    write("open('ran', 'w')")

    with pytest.raises(LabError, match="task is not a parameter"):
        run_week(settings, 9, {"task": 1})

    assert not (settings.root / "ran").exists()


def test_a_week_without_a_notebook_is_refused_with_those_that_have_one(settings: Settings, notebook: Path) -> None:
    with pytest.raises(LabError, match=r"Week 3 has no notebook in .*; weeks with one: 9"):
        find(notebook.parent, 3)
