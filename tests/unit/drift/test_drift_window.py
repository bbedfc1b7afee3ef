"""Windows as they are written, and the clock that they are meant by."""

from datetime import date, datetime

import ibis
import pytest

from mlops_lab import projects
from mlops_lab.data.window import parse
from mlops_lab.drift.window import clock, told, within
from mlops_lab.errors import LabError
from mlops_lab.projects.project import Window


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2020-04", date(2020, 4, 1), date(2020, 5, 1)),
        ("2019-12", date(2019, 12, 1), date(2020, 1, 1)),
        ("2020-02-29", date(2020, 2, 29), date(2020, 3, 1)),
        ("2020-04-01..2020-04-15", date(2020, 4, 1), date(2020, 4, 15)),
    ],
)
def test_a_window_is_a_month_a_day_or_days(text: str, start: date, end: date) -> None:
    assert parse(text) == Window(start, end)


@pytest.mark.parametrize("text", ["2020", "2020-13", "April", "2020-04-31", "2020-04-02..2020-04-01", "2020-04-01.."])
def test_what_is_no_window_is_refused_with_what_is_one(text: str) -> None:
    with pytest.raises(LabError, match=f"WINDOW is '{text}'; use a month"):
        parse(text)


def test_no_window_is_all_that_is_logged() -> None:
    assert parse("") is None
    assert told(None) == "all that is logged"


def test_a_window_is_meant_by_the_requests_own_time_where_they_have_one() -> None:
    assert clock(projects.get("taxi")) == "pickup_datetime"
    assert clock(projects.get("income")) == "logged_at"


@pytest.mark.parametrize("as_text", [False, True])
def test_a_window_holds_its_first_day_and_not_its_end(as_text: bool) -> None:
    times = [datetime(2020, 3, 31, 23, 59), datetime(2020, 4, 1), datetime(2020, 4, 30, 23, 59), datetime(2020, 5, 1)]
    log = ibis.memtable({"time": [time.isoformat() for time in times] if as_text else times, "at": [0, 1, 2, 3]})

    found = within(log, "time", parse("2020-04")).to_pyarrow()["at"].to_pylist()

    assert sorted(found) == [1, 2]


def test_a_log_without_the_clock_is_an_error() -> None:
    with pytest.raises(LabError, match="no column 'time', by which WINDOW is meant"):
        within(ibis.memtable({"at": [0]}), "time", parse("2020-04"))
