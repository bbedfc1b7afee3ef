from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlops_lab.newproject.profile import profiles
from mlops_lab.newproject.source import Table

ROWS = 200
RANDOM = np.random.default_rng(0)
ANSWER = np.where(RANDOM.random(ROWS) < 0.5, "yes", "no")


def reason(name: str, values: Any, label: Any = ANSWER) -> str:
    frame = pd.DataFrame({name: values, "answer": label})
    return profiles(Table(frame, {each: each for each in frame}), "answer")[name].reason


@pytest.mark.parametrize(
    ("name", "values", "told"),
    [
        ("country", ["US"] * ROWS, "constant: always US"),
        ("customer", range(1000, 1000 + ROWS), "an identifier: 200 different values in 200 rows"),
        ("customer_id", RANDOM.choice(10**9, ROWS, replace=False), "an identifier"),
        ("email", [f"{number}@example.org" for number in range(ROWS)], "an identifier"),
        ("nothing", [None] * ROWS, "it is empty"),
        ("answered", np.where(ANSWER == "yes", 1, 0), "says the label in other words"),
    ],
)
def test_a_column_that_a_model_should_not_see_is_left_out_with_its_reason(name: str, values: Any, told: str) -> None:
    assert told in reason(name, values)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("price", RANDOM.random(ROWS)),
        ("income", RANDOM.choice(10**9, ROWS, replace=False)),
        ("city", RANDOM.choice([f"city {number}" for number in range(60)], ROWS)),
        ("when", pd.date_range("2020-01-01", periods=ROWS)),
        ("sometimes", [None, "x"] * (ROWS // 2)),
        ("valid", RANDOM.choice([0, 1], ROWS)),
    ],
)
def test_a_column_that_may_say_something_is_kept(name: str, values: Any) -> None:
    assert reason(name, values) == ""


def test_a_regression_s_label_in_another_unit_is_left_out() -> None:
    metres = RANDOM.random(ROWS)

    assert reason("feet", metres * 3.28084, label=metres) == "says the label in other words"
    assert reason("noisy", metres + RANDOM.random(ROWS), label=metres) == ""


def test_rows_without_a_label_say_nothing_about_a_column() -> None:
    label = pd.Series(ANSWER).where(pd.Series(range(ROWS)) >= 10)

    assert reason("country", ["CA"] * 10 + ["US"] * (ROWS - 10), label) == "constant: always US"
