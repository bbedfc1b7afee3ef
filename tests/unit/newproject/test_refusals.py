from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from mlops_lab.errors import LabError
from mlops_lab.newproject.create import Wish, create
from mlops_lab.newproject.files import Files
from mlops_lab.progress import Timeline
from mlops_lab.settings import Settings

ROWS = 300
RANDOM = np.random.default_rng(0)
SIZE = RANDOM.random(ROWS)
TABLE = pd.DataFrame(
    {
        "size": SIZE,
        "colour": RANDOM.choice(["red", "blue", "green"], ROWS),
        "sold": np.where(SIZE > 0.5, "yes", "no"),
        "day": pd.date_range("2020-01-01", periods=ROWS).strftime("%Y-%m-%d"),
        "rare": np.where(np.arange(ROWS) < 5, "a", "b"),
        "one": "same",
        "noise": RANDOM.random(ROWS),
    }
)
Make = Callable[[Any], Path]
QUIET = Console(quiet=True)


@pytest.fixture
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Return what writes a table, or text, as a file outside the checkout."""

    def write(content: Any) -> Path:
        path = tmp_path_factory.mktemp("given") / "table.csv"
        if isinstance(content, pd.DataFrame):
            content.to_csv(path, index=False)
        else:
            path.write_bytes(content)
        return path

    return write


def files(root: Path) -> set[Path]:
    return {path for path in root.rglob("*") if path.is_file()}


def refusal(settings: Settings, data: Path, name: str = "sales", label: str = "sold", time: str | None = None) -> str:
    before = files(settings.root)
    with pytest.raises(LabError) as refused:
        create(Wish(name, data, label, time), settings, Timeline(QUIET))
    assert files(settings.root) == before
    assert "\n" not in str(refused.value)
    return str(refused.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"label": "price"}, "LABEL is 'price', which is no column; use one of size, colour"),
        ({"time": "moment"}, "TIME is 'moment', which is no column"),
        ({"time": "sold"}, "TIME and LABEL are both 'sold'"),
        ({"time": "colour"}, "TIME 'colour' is no time but category; leave TIME out"),
        ({"label": "one"}, "LABEL 'one' is always 'same'; there is nothing to predict"),
        ({"label": "rare"}, "LABEL 'rare' is 'a' in 5 rows; 20 are needed"),
        ({"label": "colour"}, "LABEL 'colour' has 3 classes"),
        ({"label": "day"}, "LABEL 'day' is a time"),
        ({"label": "noise"}, "The columns say too little about noise"),
        ({"name": "Sales"}, "NAME is 'Sales'; use 2 to 12 lower-case letters and digits"),
        ({"name": "../x"}, "NAME is '../x'; use 2 to 12"),
        ({"name": "class"}, "no word of Python"),
        ({"name": "mlflow"}, "none of jobs, mlflow, project"),
        ({"name": "income"}, "NAME is 'income', which is a project already"),
    ],
)
def test_a_wish_that_cannot_be_met_is_one_line_and_leaves_nothing(
    settings: Settings, make: Make, change: dict[str, str], told: str
) -> None:
    assert told in refusal(settings, make(TABLE), **change)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "cannot be read"),
        (b"a,b\n1,2\n3,4\n5,6\n", "has 3 rows; a model needs 100 at least"),
        (b"sold,size,size\n" + b"1,2,3\n" * 200, "has 1 names for more than one column (size)"),
        (b"sold,size\n" + b'1,2,3,4\n1\n"' * 200, "cannot be read"),
        (b"sold,gr\xf6sse\n" + b"1,2\n" * 200, "cannot be read"),
        (b"sold\n" + b"1\n0\n" * 200, "has 1 columns"),
        (b"sold,size\n" + b",2\n" * 200, "LABEL 'sold' is missing in every row"),
        (b"sold,size\n" + b"1,2\n0,2\n" * 200, "No column is left to learn from (size: constant: always 2)"),
        (b"sold,size\n" + b"1,2\n" * 50 + b",2\n" * 100 + b"0,3\n", "there in 51 rows"),
    ],
)
def test_a_table_that_cannot_be_used_is_one_line_and_leaves_nothing(
    settings: Settings, make: Make, content: bytes, told: str
) -> None:
    assert told in refusal(settings, make(content))


@pytest.mark.parametrize(
    ("name", "told"),
    [("table.xlsx", "ends in .csv or .parquet"), ("nothing.csv", "is no file"), ("bad.parquet", "be read")],
)
def test_a_file_that_is_no_table_is_one_line(settings: Settings, tmp_path: Path, name: str, told: str) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"no table")

    assert told in refusal(settings, tmp_path / name)


def test_windows_of_one_class_are_refused_with_what_to_do(settings: Settings, make: Make) -> None:
    table = TABLE.assign(sold=np.where(np.arange(ROWS) < ROWS / 2, "yes", "no"), size=RANDOM.random(ROWS))

    assert "rows of one class only; leave TIME out" in refusal(settings, make(table), time="day")


def test_days_that_are_all_the_same_cannot_split_a_table(settings: Settings, make: Make) -> None:
    assert "too few different days (1)" in refusal(settings, make(TABLE.assign(day="2020-01-01")), time="day")


def test_a_file_in_the_way_is_not_overwritten(settings: Settings, make: Make) -> None:
    (settings.root / Files("sales").tests).write_text("mine")

    assert "test_sales.py exists already" in refusal(settings, make(TABLE))


def test_where_a_file_cannot_be_put_in_place_none_stays(settings: Settings, make: Make) -> None:
    (settings.root / "notebooks").rmdir()
    (settings.root / "notebooks").write_text("a file where a folder should be")

    assert "project_sales.ipynb cannot be written" in refusal(settings, make(TABLE))


def test_ctrl_c_leaves_nothing(settings: Settings, make: Make) -> None:
    class Interrupted(Timeline):
        @contextmanager
        def step(self, lane: str, doing: str) -> Iterator[None]:
            yield
            if lane == "training":
                raise KeyboardInterrupt

    data, before = make(TABLE), files(settings.root)

    with pytest.raises(KeyboardInterrupt):
        create(Wish("sales", data, "sold"), settings, Interrupted(QUIET))

    assert files(settings.root) == before
