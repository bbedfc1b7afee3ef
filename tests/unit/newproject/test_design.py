import ast
import json
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_lab.data import dataset
from mlops_lab.errors import LabError
from mlops_lab.newproject import companions, create, source, template
from mlops_lab.newproject.create import Wish
from mlops_lab.newproject.files import Files
from mlops_lab.projects.project import Classification, Derived, Project, RandomSplit, Regression, TimeSplit
from mlops_lab.registry.request_schema import request_schema
from mlops_lab.serving.request import RequestDecoder

ROOT = Path(__file__).parents[3]
ROWS = 400
RANDOM = np.random.default_rng(0)
BASE = {"size": RANDOM.random(ROWS), "city": RANDOM.choice([f"city {n}" for n in range(40)], ROWS)}


def written(table: dict[str, Any], label: str, time: str | None = None) -> Project:
    """Write a project of a table and return what its file declares, its data read back and checked."""
    with tempfile.TemporaryDirectory() as folder:
        root, files = Path(folder), Files("sales")
        pd.DataFrame(table).to_parquet(root / "given.parquet")
        for path in files.all:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
        create.write(
            Wish("sales", root / "given.parquet", label, time), source.read(root / "given.parquet"), files, root
        )
        project = create.declared(root / files.declaration)
        dataset.load(project, root / "data")
        return project


def test_two_values_make_a_classification_of_the_one_that_says_yes() -> None:
    project = written({**BASE, "paid": RANDOM.choice([0, 1], ROWS)}, "paid")

    assert isinstance(project.task, Classification)
    assert (project.task.negative, project.task.positive) == ("0", "1")
    assert sum(project.dataset.totals.values()) == ROWS


def test_where_no_class_says_yes_the_rarer_one_is_looked_for() -> None:
    project = written({**BASE, "kind": np.where(np.arange(ROWS) < 60, "cat", "dog")}, "kind")

    assert isinstance(project.task, Classification)
    assert project.task.positive == "cat"


def test_many_numbers_make_a_regression_against_the_medians_of_groups() -> None:
    project = written({**BASE, "price": RANDOM.random(ROWS)}, "price")

    assert project.task == Regression("price", typical=("city",))
    assert isinstance(project.split, RandomSplit)
    assert (project.encoding, project.metric) == ("target", "mae")


def test_a_time_column_splits_the_table_into_earlier_and_later_rows() -> None:
    when = pd.date_range("2020-01-01", periods=ROWS, freq="6h")

    project = written({**BASE, "when": when, "paid": RANDOM.choice([True, False], ROWS)}, "paid", "when")

    assert isinstance(project.split, TimeSplit)
    assert project.split.validation is not None
    assert project.split.train.start == date(2020, 1, 1)
    assert project.split.test.end == date(2020, 4, 10)
    assert {each.how for each in project.derived} == {"weekday", "month", "minute_of_day"}


def test_a_date_that_does_not_split_the_table_is_also_a_day() -> None:
    project = written({**BASE, "since": pd.date_range("2000-01-01", periods=ROWS), "price": BASE["size"] ** 2}, "price")

    assert Derived("since_day", "day", ("since",)) in project.derived
    assert "since_minute_of_day" not in {each.name for each in project.derived}


def test_columns_get_names_that_a_request_and_onnx_can_hold() -> None:
    odd = {
        "Größe (m²)": BASE["size"],
        "label": BASE["size"] ** 2,
        "1st": BASE["size"] ** 3,
        "a b": 1,
        "a-b": 2,
        "変": 3,
    }

    project = written({**odd, "price": RANDOM.random(ROWS)}, "price")

    names = [each.name for each in project.columns]
    assert names == ["grosse_m2", "column_label", "column_1st", "a_b", "a_b_2", "column_5", "price"]
    assert project.columns[0].description == "Größe (m²)"


def test_the_example_is_a_row_that_the_request_schema_accepts() -> None:
    missing = pd.Series(RANDOM.integers(0, 9, ROWS)).where(pd.Series(np.arange(ROWS) > 5))
    project = written({**BASE, "count": missing, "price": RANDOM.random(ROWS)}, "price")

    decoder = RequestDecoder(request_schema(project))

    decoded = decoder.columns(decoder.decode(json.dumps({"instances": [dict(project.example)]}).encode()))

    assert None not in project.example.values()
    assert decoded["count"] == (project.example["count"],)


def test_what_is_written_is_formatted_and_clean(tmp_path: Path) -> None:
    when = pd.date_range("2020-01-01", periods=ROWS, freq="6h")
    project = written({**BASE, "when": when, "price": RANDOM.random(ROWS)}, "price", "when")
    files = Files("sales")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for path, text in (
        (files.declaration, template.source(project)),
        (files.tests, companions.tests(project)),
        (files.notebook, companions.notebook(project)),
    ):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)

    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--no-cache", *map(str, files.all[1:])]
        done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("text", ['"""', "\\", "'", "{x}", "a\nb", "ü", "", "x" * 300])
def test_no_text_of_a_table_breaks_the_code_that_is_written(text: str) -> None:
    project = written({**BASE, text: RANDOM.choice([text, "b"], ROWS), "price": RANDOM.random(ROWS)}, "price")

    ast.parse(template.source(project))
    assert project.target == "price"


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=5),
    st.datetimes(),
    st.dates(),
)
COLUMNS = st.one_of(
    st.lists(st.one_of(st.none(), st.booleans()), min_size=1, max_size=9),
    st.lists(st.one_of(st.none(), st.integers(-(2**70), 2**70)), min_size=1, max_size=9),
    st.lists(st.floats(), min_size=1, max_size=9),
    st.lists(st.one_of(st.none(), st.text(max_size=120)), min_size=1, max_size=9),
    st.lists(st.one_of(st.none(), st.datetimes(), st.dates()), min_size=1, max_size=9),
    st.lists(st.datetimes().map(str), min_size=1, max_size=9),
    st.lists(CELLS, min_size=1, max_size=9),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(min_size=1, max_size=8), COLUMNS, min_size=2, max_size=5), st.booleans())
def test_any_table_makes_a_project_or_is_refused_in_one_line(columns: dict[str, list[Any]], by_time: bool) -> None:
    frame = pd.DataFrame({name: (cells * 120)[:120] for name, cells in columns.items()})
    first, second, *_ = frame.columns
    with tempfile.TemporaryDirectory() as folder:
        root, files = Path(folder), Files("sales")
        for path in files.all:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
        frame.to_csv(root / "given.csv", index=False)
        refusal = ""
        wish = Wish("sales", root / "given.csv", first, second if by_time else None)
        try:
            create.write(wish, source.read(wish.data), files, root)
            dataset.load(create.declared(root / files.declaration), root / "data")
        except LabError as error:
            refusal = str(error)
        assert "\n" not in refusal
