import hashlib
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest

from mlops_lab.data import dataset
from mlops_lab.data.dataset import RawData
from mlops_lab.data.label import labelled
from mlops_lab.data.split import split
from mlops_lab.errors import LabError
from mlops_lab.projects.project import Project, TimeSplit, Window

TRIP = {
    "pickup_datetime": pd.Timestamp("2019-01-15 08:30:00"),
    "dropoff_datetime": pd.Timestamp("2019-01-15 08:45:30"),
    "file_month": "2019-01",
    "trip_distance": 2.5,
    "fare_amount": 12.0,
}


def minutes_of(project: Project, **cells: object) -> list[float]:
    """The labels of one trip: one, or none where a filter drops it."""
    return list(labelled(project, pd.DataFrame([{**TRIP, **cells}]))["minutes"])


def test_the_committed_table_has_the_published_totals(trips: RawData) -> None:
    assert trips.provenance.rows == 360_000
    assert set(trips.frame["file_month"].value_counts()) == {10_000}
    assert trips.frame["file_month"].nunique() == 36


def test_the_label_filters_keep_the_published_rows(taxi: Project, trips: RawData) -> None:
    assert len(labelled(taxi, trips.frame)) == 352_622


def test_other_labels_than_stated_are_refused(taxi: Project, tmp_path: Path) -> None:
    source = Path(__file__).parents[3] / "data" / taxi.dataset.file
    (tmp_path / taxi.dataset.file).symlink_to(source)
    project = replace(taxi, dataset=replace(taxi.dataset, labelled=352_623))

    with pytest.raises(LabError, match="352622 rows with a label, 352623 are stated"):
        dataset.load(project, tmp_path)


def test_a_time_that_is_text_is_refused(taxi: Project, trips: RawData, tmp_path: Path) -> None:
    path = tmp_path / taxi.dataset.file
    trips.frame.head(100).assign(pickup_datetime="yesterday").to_parquet(path)
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()

    with pytest.raises(LabError, match="pickup_datetime: type of kind time"):
        dataset.load(replace(taxi, dataset=replace(taxi.dataset, sha256=sha256)), tmp_path)


def test_the_label_is_the_trips_minutes(taxi: Project) -> None:
    assert minutes_of(taxi) == [15.5]


@pytest.mark.parametrize(
    ("cells", "kept"),
    [
        ({"trip_distance": 0.0}, False),
        ({"trip_distance": 0.01}, True),
        ({"trip_distance": 60.0}, True),
        ({"trip_distance": 60.1}, False),
        ({"fare_amount": 2.5}, True),
        ({"fare_amount": 2.49}, False),
        ({"fare_amount": 250.5}, False),
        ({"file_month": "2019-02"}, False),
        ({"dropoff_datetime": TRIP["pickup_datetime"] + timedelta(minutes=1)}, True),
        ({"dropoff_datetime": TRIP["pickup_datetime"] + timedelta(seconds=59)}, False),
        ({"dropoff_datetime": TRIP["pickup_datetime"] + timedelta(minutes=120)}, True),
        ({"dropoff_datetime": TRIP["pickup_datetime"] + timedelta(minutes=121)}, False),
    ],
)
def test_a_label_is_believed_within_its_bounds(taxi: Project, cells: dict[str, object], kept: bool) -> None:
    assert bool(minutes_of(taxi, **cells)) is kept


def test_a_model_is_judged_by_trips_after_those_it_learnt_from(taxi: Project, trips: RawData) -> None:
    parts = split(taxi, trips.frame, seed=0)

    assert parts.train["pickup_datetime"].max() < pd.Timestamp("2019-01-01") <= parts.test["pickup_datetime"].min()
    assert parts.test["pickup_datetime"].max() < pd.Timestamp("2019-02-01")
    assert parts.sizes == {"train": 118_421, "validation": 0, "test": 9_871}


def test_another_rule_splits_by_its_own_windows(taxi: Project, trips: RawData) -> None:
    march, april, may = (date(2020, month, 1) for month in (3, 4, 5))
    rule = TimeSplit("pickup_datetime", train=Window(march, april), test=Window(april, may))

    parts = split(taxi, trips.frame, seed=0, rule=rule)

    assert set(parts.train["file_month"]) == {"2020-03"}
    assert set(parts.test["file_month"]) == {"2020-04"}


def test_a_window_without_a_row_is_refused(taxi: Project, trips: RawData) -> None:
    days = [date(2031, month, 1) for month in (1, 2, 3)]
    rule = TimeSplit("pickup_datetime", train=Window(*days[:2]), test=Window(*days[1:]))

    with pytest.raises(LabError, match="No row has a pickup_datetime from 2031-01-01 up to 2031-02-01"):
        split(taxi, trips.frame, seed=0, rule=rule)


@pytest.mark.parametrize("test", [(1, 2), (2, 4), (3, 3)])
def test_windows_that_overlap_or_are_empty_are_refused(test: tuple[int, int]) -> None:
    start, end = (date(2019, month, 1) for month in test)

    with pytest.raises(ValueError, match="follow one another"):
        TimeSplit("time", train=Window(date(2019, 1, 1), date(2019, 3, 1)), test=Window(start, end))
