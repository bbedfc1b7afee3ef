import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlops_lab.pipeline.features import Feature, FeatureSpec, compute
from mlops_lab.pipeline.profile import bin_numbers, reference_profile

SPEC = FeatureSpec((Feature("gain", "number"), Feature("job", "category", ("Sales",))))


def profile(gains: list[float | None], jobs: list[str | None]) -> dict[str, dict[str, object]]:
    features = compute(SPEC, {"gain": gains, "job": jobs})
    return described(features)["features"]


def described(features: dict[str, np.ndarray]) -> dict[str, dict[str, object]]:
    return reference_profile(SPEC, features, np.linspace(0, 1, 100), "mae", np.array([1.0, 3.0]))


@given(st.lists(st.none() | st.floats(-1e6, 1e6, width=32), min_size=1))
def test_every_row_is_in_a_bin_or_missing(gains: list[float | None]) -> None:
    described = profile(gains, ["Sales"] * len(gains))["gain"]

    assert sum(described["counts"]) + described["missing"] == described["rows"] == len(gains)  # type: ignore[operator, call-overload]


def test_a_value_that_fills_most_rows_has_a_bin_of_its_own() -> None:
    described = profile([0] * 95 + list(range(100, 130)), ["Sales"] * 125)["gain"]

    assert described["edges"][0] == 0
    assert described["counts"][0] == 95


def test_each_of_few_values_has_a_bin_and_what_lies_outside_an_empty_one() -> None:
    described = profile([1] * 7 + [2] * 2 + [6], ["Sales"] * 10)["gain"]

    assert described["edges"] == [0.5, 1.5, 4, 6.5]
    assert described["counts"] == [0, 7, 2, 1, 0]


def test_one_value_alone_has_a_bin_of_its_own() -> None:
    assert profile([3] * 5, ["Sales"] * 5)["gain"]["counts"] == [0, 5, 0]


def test_the_losses_are_kept_as_rows_mean_and_deviation() -> None:
    features = compute(SPEC, {"gain": [1], "job": ["Sales"]})

    assert described(features)["performance"] == {"metric": "mae", "rows": 2, "mean": 2, "deviation": np.sqrt(2)}


def test_bins_are_closed_above() -> None:
    assert bin_numbers([1, 2], np.array([1, 1.5, 2, 2.5])) == [1, 2, 1]


def test_categories_are_counted_and_missing_ones_apart() -> None:
    described = profile([1, 2, 3], ["Sales", None, "Sales"])["job"]

    assert described["counts"] == {"Sales": 2}
    assert described["missing"] == 1


def test_a_profile_is_json_even_where_a_column_is_all_missing() -> None:
    json.dumps(profile([None], [None]), allow_nan=False)
