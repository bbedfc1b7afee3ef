from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_lab.newproject.reading import read_values


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 3], "integer"),
        ([1, 2, np.nan], "integer"),
        ([1.0, 2.0, 3.0], "number"),
        ([1.5, 2.0, np.nan], "number"),
        ([Decimal("1.5"), Decimal(2), None], "number"),
        ([10**30, 1, 2], "number"),
        ([True, False, True], "category"),
        ([True, None, False], "category"),
        (["a", "b", None], "category"),
        (pd.Categorical(["a", "b", "a"]), "category"),
        (pd.Categorical([1, 2, 1]), "integer"),
        ([datetime(2020, 1, 1), datetime(2020, 1, 2), None], "time"),
        ([date(2020, 1, 1), date(2020, 1, 2), None], "time"),
        (["2020-01-01", "2020-01-02", None], "time"),
        (["2020-01-01T10:00:00Z", "2020-01-02T10:00:00+02:00", ""], "time"),
        (["3.12.2020", "31.12.2020", "1.1.2021"], "time"),
        (["12/31/2020", "1/1/2021", "02/03/2021"], "time"),
        (["31/12/2020 10:30", "1/1/2021 00:00", "02/03/2021 23:59"], "time"),
        (["2020-01-01", "soon", "2020-01-03"], "category"),
        (["10-20-30", "99-99-99", "1-2-3"], "category"),
    ],
)
def test_a_column_is_read_by_its_values(values: Any, kind: str) -> None:
    reading = read_values(pd.Series(values))

    assert (reading.kind, reading.problem) == (kind, "")


def test_true_and_false_become_words_that_a_request_may_hold() -> None:
    assert read_values(pd.Series([True, False, None])).values.to_list()[:2] == ["true", "false"]


def test_what_is_infinite_or_beyond_float32_counts_as_missing() -> None:
    assert read_values(pd.Series([1.5, np.inf, -np.inf, 1e300])).values.isna().to_list() == [False, True, True, True]


def test_blank_text_counts_as_missing() -> None:
    assert read_values(pd.Series(["a", "  ", ""])).values.isna().to_list() == [False, True, True]


def test_a_day_above_twelve_says_which_way_round_dates_are() -> None:
    reading = read_values(pd.Series(["01/02/2020", "31/12/2020"]))

    assert reading.values.dt.strftime("%Y-%m-%d").to_list() == ["2020-02-01", "2020-12-31"]
    assert reading.read_as == "read as day/month/year"


def test_a_zone_is_turned_into_the_clock_of_utc() -> None:
    reading = read_values(pd.Series(["2020-01-01T10:00:00+02:00", "2020-06-01T10:00:00+02:00"]))

    assert reading.values.iloc[0] == pd.Timestamp("2020-01-01T08:00:00")
    assert reading.read_as == "UTC"


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ([None, None], "empty"),
        (["", " "], "empty"),
        ([np.inf, np.inf], "no finite number"),
        (["x" * 101, "y"], "free text: a value has 101 characters"),
        ([[1], [2]], "type list"),
        ([b"a", b"b"], "type bytes"),
        ([pd.Timedelta("1s"), pd.Timedelta("2s")], "type Timedelta"),
        (["1700-01-01", "2020-01-01"], "outside 1900 to 2099"),
    ],
)
def test_what_no_request_could_hold_is_told(values: list[Any], problem: str) -> None:
    assert problem in read_values(pd.Series(values)).problem
