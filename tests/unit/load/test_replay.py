from datetime import date

import pandas as pd
import pytest

from mlops_lab import projects
from mlops_lab.data.dataset import RawData
from mlops_lab.errors import LabError
from mlops_lab.load.replay import MOST, rows_by_time
from mlops_lab.projects.project import Project, Window

DAY = 86_400.0
APRIL = Window(date(2020, 4, 1), date(2020, 5, 1))


def test_every_row_of_the_window_is_asked_once_in_order_of_time(taxi: Project, trips: RawData):
    batches = list(rows_by_time(taxi, trips.frame, APRIL, DAY))

    asked = [pd.Timestamp(each["pickup_datetime"]) for batch in batches for each in batch.instances]
    wanted = trips.frame["pickup_datetime"]
    assert asked == sorted(wanted[wanted.between("2020-04-01", "2020-05-01", inclusive="left")])
    assert [batch.number for batch in batches] == list(range(len(batches)))
    assert [batch.tick for batch in batches] == list(range(30))  # a day each


def test_a_request_holds_what_a_client_knows_at_the_start_and_nothing_else(taxi: Project, trips: RawData):
    first = next(rows_by_time(taxi, trips.frame, APRIL, DAY)).instances[0]

    assert first.keys() == taxi.example.keys()


def test_a_label_is_known_when_the_trip_has_ended_and_one_that_cannot_be_believed_never(taxi: Project, trips: RawData):
    batches = list(rows_by_time(taxi, trips.frame, APRIL, DAY))

    rows = [row for each in batches for row in zip(each.instances, each.labels, each.known, strict=True)]
    for instance, label, known in rows:
        if label is not None:
            minutes = (known - pd.Timestamp(instance["pickup_datetime"])).total_seconds() / 60
            assert minutes == pytest.approx(label)
            assert 1 <= label <= 120
    missing = sum(label is None for _, label, _ in rows)
    assert 0 < missing < 0.1 * len(rows)


def test_a_request_holds_no_more_rows_than_the_api_takes(taxi: Project, trips: RawData):
    batches = list(rows_by_time(taxi, trips.frame, APRIL, 40 * DAY))

    assert [len(each.instances) for each in batches[:-1]] == [MOST] * (len(batches) - 1)


def test_a_window_without_rows_and_a_project_without_a_clock_are_refused(taxi: Project, trips: RawData):
    with pytest.raises(LabError, match="taxi has no row from 2031-01-01 up to 2031-02-01"):
        next(rows_by_time(taxi, trips.frame, Window(date(2031, 1, 1), date(2031, 2, 1)), DAY))

    income = projects.get("income")
    with pytest.raises(LabError, match="Requests of income have no time of their own"):
        next(rows_by_time(income, trips.frame, APRIL, DAY))
