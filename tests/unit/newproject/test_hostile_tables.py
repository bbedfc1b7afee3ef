"""Tables that nobody would call one: a project is made of it, or it is refused in one line, and nothing stays."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from rich.console import Console

from mlops_lab.errors import LabError
from mlops_lab.newproject import source
from mlops_lab.newproject.create import Wish, create, declared, write
from mlops_lab.newproject.files import Files, staged
from mlops_lab.progress import Timeline
from mlops_lab.settings import Settings

ROWS = 120
FILES = Files("sales")
TABLE = pd.DataFrame(
    {
        "sold": np.where(np.arange(ROWS) % 3 == 0, "yes", "no"),
        "size": np.random.default_rng(0).random(ROWS),
        "colour": np.resize(["red", "blue", "green"], ROWS),
        "day": pd.date_range("2020-01-01", periods=ROWS),
    }
)
ODD = [
    *("", " ", "nan", "NULL", "inf", "-inf", "1e999", "1e308", "9" * 20, "9" * 400, "0x10", "1_000", "1,5", "-0", "١٢"),
    *(
        '"',
        'a"b',
        "\x00",
        "\ufeff",
        "é",
        "x" * 5_000,
        "true",
        "yes",
        "=1+1",
        "{}",
        "2020-02-30",
        "2020-01-01",
        "31/12/2020",
    ),
    *("9999-12-31", "0000-00-00", "0001-01-01", "2262-04-12", "1677-01-01 00:00:00", "2020-01-01T00:00:00+99:99"),
]
NAMES = ["a", "", " ", "sold ", "é", "x" * 300, "label", "1", "class", "sold.1", '"', "\u0130"]
NOTHING_KEPT = [HealthCheck.function_scoped_fixture]


def made(path: Path, content: bytes, folder: Path, time: str | None = None) -> str:
    """Make a project of a file up to its training; return why it was refused, or nothing."""
    path.write_bytes(content)
    told = ""
    try:
        with staged(folder, FILES) as staging:
            write(Wish("sales", path, "sold", time), source.read(path), FILES, staging)
            assert declared(staging / FILES.declaration).target == "sold"
    except LabError as refused:
        told = str(refused)
    assert "\n" not in told
    assert not folder.exists()
    return told


def as_csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode("utf-8", "surrogatepass")


def as_parquet(table: pd.DataFrame) -> bytes:
    held = BytesIO()
    table.to_parquet(held, index=False, compression="none")
    return held.getvalue()


CSV, PARQUET = as_csv(TABLE), as_parquet(TABLE)


@pytest.mark.parametrize(("name", "content"), [("t.csv", CSV), ("t.parquet", PARQUET)])
def test_the_table_is_a_good_one_where_nothing_is_changed(tmp_path: Path, name: str, content: bytes) -> None:
    assert made(tmp_path / name, content, tmp_path / "staging") == ""


@trying(suppress_health_check=NOTHING_KEPT, deadline=None, max_examples=50)
@given(st.binary(max_size=300), st.sampled_from(["t.csv", "t.parquet"]))
def test_bytes_are_refused(tmp_path: Path, content: bytes, name: str) -> None:
    assert made(tmp_path / name, content, tmp_path / "staging")


@trying(suppress_health_check=NOTHING_KEPT, deadline=None, max_examples=100)
@given(st.sampled_from([("t.csv", CSV), ("t.parquet", PARQUET)]), st.data())
def test_a_damaged_table_is_made_or_refused(tmp_path: Path, table: tuple[str, bytes], data: st.DataObject) -> None:
    name, content = table[0], bytearray(table[1])
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=8)):
        content[place] = data.draw(st.integers(0, 255))

    made(
        tmp_path / name,
        bytes(content[: data.draw(st.integers(1, len(content)) | st.just(len(content)))]),
        tmp_path / "s",
    )


@trying(suppress_health_check=NOTHING_KEPT, deadline=None, max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from(NAMES), st.lists(st.sampled_from(ODD), min_size=1, max_size=4), min_size=1, max_size=3
    ),
    st.booleans(),
    st.sampled_from([as_csv, as_parquet]),
)
def test_odd_values_and_names_are_made_or_refused(
    tmp_path: Path, columns: dict[str, list[str]], by_time: bool, encode: Any
) -> None:
    odd = pd.DataFrame({name: np.resize(np.array(cells, dtype=object), ROWS) for name, cells in columns.items()})
    name = "t.csv" if encode is as_csv else "t.parquet"

    made(tmp_path / name, encode(TABLE.join(odd)), tmp_path / "staging", next(iter(columns)) if by_time else None)


def test_a_number_that_no_float_holds_counts_as_missing(tmp_path: Path) -> None:
    huge = np.resize(np.array([10**400, -(10**400), 1, 2, 3], dtype=object), ROWS)

    assert made(tmp_path / "t.csv", as_csv(TABLE.assign(huge=huge)), tmp_path / "staging") == ""


def test_parquet_with_text_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    damaged = PARQUET.replace(b"green", b"\xff\xff\xff\xff\xff")

    assert "cannot be read" in made(tmp_path / "t.parquet", damaged, tmp_path / "staging")


@pytest.mark.parametrize("notes", [b'"numpy_type"', b'"pandas_type"', b'"index_columns"', b'"columns"'])
def test_parquet_whose_notes_for_pandas_are_damaged_is_made_or_refused(tmp_path: Path, notes: bytes) -> None:
    damaged = PARQUET.replace(notes, b'"' + b"x" * (len(notes) - 2) + b'"')

    made(tmp_path / "t.parquet", damaged, tmp_path / "staging")


def test_nothing_stays_of_a_hostile_table_in_the_checkout(settings: Settings, tmp_path_factory: Any) -> None:
    path = tmp_path_factory.mktemp("given") / "t.parquet"
    path.write_bytes(PARQUET[:-20] + b"\xff" * 12 + PARQUET[-8:])
    before = sorted(settings.root.rglob("*.*"))

    with pytest.raises(LabError):
        create(Wish("sales", path, "sold"), settings, Timeline(Console(quiet=True)))

    assert sorted(settings.root.rglob("*.*")) == before
