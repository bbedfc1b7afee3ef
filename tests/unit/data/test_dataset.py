import hashlib
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from mlops_lab.data import dataset
from mlops_lab.data.dataset import RawData
from mlops_lab.errors import LabError
from mlops_lab.projects.project import Project


def saved(project: Project, frame: pd.DataFrame, folder: Path) -> Project:
    """The project, with a table of this content as its published data."""
    path = folder / project.dataset.file
    frame.to_parquet(path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    return replace(project, dataset=replace(project.dataset, sha256=sha256))


def test_the_committed_table_has_the_published_totals(raw: RawData) -> None:
    assert raw.provenance.rows == len(raw.frame) == 48_842
    assert (raw.frame["class"] == ">50K").sum() == 11_687


def test_education_and_education_num_say_the_same(raw: RawData) -> None:
    pairs = raw.frame[["education", "education_num"]].drop_duplicates()

    assert len(pairs) == pairs["education"].nunique() == pairs["education_num"].nunique()


def test_a_changed_byte_is_refused_with_both_hashes(income: Project, raw: RawData, tmp_path: Path) -> None:
    path = tmp_path / income.dataset.file
    raw.frame.head(10).to_parquet(path)
    found = hashlib.sha256(path.read_bytes()).hexdigest()

    with pytest.raises(LabError) as refusal:
        dataset.load(income, tmp_path)

    assert all(part in str(refusal.value) for part in (path.name, found, income.dataset.sha256, "git checkout"))
    assert "\n" not in str(refusal.value)


def test_a_missing_file_is_refused_by_name(income: Project, tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"adult\.parquet does not exist"):
        dataset.load(income, tmp_path)


def test_other_totals_than_published_are_refused(income: Project, raw: RawData, tmp_path: Path) -> None:
    project = saved(income, raw.frame.head(100), tmp_path)

    with pytest.raises(LabError, match="holds 100 rows"):
        dataset.load(project, tmp_path)


@pytest.mark.parametrize(
    ("column", "value"), [("age", 7), ("sex", "?"), ("marital_status", None), ("education_num", 17)]
)
def test_a_value_outside_the_schema_is_refused_with_its_column(
    income: Project, raw: RawData, tmp_path: Path, column: str, value: object
) -> None:
    frame = raw.frame.head(100).copy()
    frame.loc[frame.index[3], column] = value
    project = saved(income, frame, tmp_path)

    with pytest.raises(LabError, match=f"{column}: "):
        dataset.load(project, tmp_path)


def test_a_column_too_many_is_refused(income: Project, raw: RawData, tmp_path: Path) -> None:
    project = saved(income, raw.frame.head(100).assign(shoe_size=42), tmp_path)

    with pytest.raises(LabError, match="shoe_size"):
        dataset.load(project, tmp_path)
