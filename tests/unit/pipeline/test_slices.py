"""Slices: the losses of two models where rows have something in common."""

import numpy as np
import pandas as pd
import pytest

from mlops_lab.pipeline.challenge import challenge
from mlops_lab.pipeline.groups import MISSING
from mlops_lab.pipeline.slices import by_slice


def test_a_slice_has_the_means_of_its_rows_and_the_worst_comes_first() -> None:
    columns = pd.DataFrame({"zone": ["A"] * 100 + ["B"] * 200})
    champion, challenger = np.ones(300), np.concatenate([np.full(100, 1.5), np.full(200, 0.5)])

    first, last = by_slice(columns, champion, challenger)

    assert (first.column, first.value, first.rows, first.improvement) == ("zone", "A", 100, -0.5)
    assert (last.value, last.rows, last.improvement) == ("B", 200, 0.5)
    assert str(first) == "zone A (100 rows): 1.0000 -> 1.5000"


def test_numbers_of_many_values_are_sliced_in_quarters_and_few_values_one_by_one() -> None:
    columns = pd.DataFrame({"minute": np.arange(1_200.0), "weekday": np.arange(1_200.0) % 3})

    found = by_slice(columns, np.ones(1_200), np.ones(1_200))

    assert sorted((each.column, each.rows) for each in found) == [("minute", 300)] * 4 + [("weekday", 400)] * 3
    assert {each.value for each in found if each.column == "weekday"} == {"0", "1", "2"}


@pytest.mark.parametrize("missing", [None, float("nan")])
def test_rows_without_a_value_are_a_slice_and_small_slices_are_none(missing: object) -> None:
    columns = pd.DataFrame({"job": pd.Series([missing] * 100 + ["rare"] * 99, dtype="object")})

    (found,) = by_slice(columns, np.ones(199), np.ones(199))

    assert (found.value, found.rows) == (MISSING, 100)


def test_a_challenge_says_in_how_many_slices_the_challenger_is_worse() -> None:
    columns = pd.DataFrame({"zone": ["A"] * 100 + ["B"] * 200})
    scores = np.concatenate([np.full(100, 3.0), np.full(200, 0.5)])

    found = challenge("mae", np.zeros(300), ("1", np.ones(300)), scores, 0.1, columns)

    assert str(found).endswith("; worse in 1 of 2 slices, least good in zone A (100 rows): 1.0000 -> 3.0000")
