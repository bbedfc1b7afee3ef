import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlops_lab.pipeline.features import Feature, FeatureSpec, compute
from mlops_lab.pipeline.profile import bin_numbers, reference_profile

SPEC = FeatureSpec((Feature("gain", "number"), Feature("job", "category", ("Sales",))))


def profile(gains: list[float | None], jobs: list[str | None]) -> dict[str, dict[str, object]]:
    features = compute(SPEC, {"gain": gains, "job": jobs})
    return reference_profile(SPEC, features, np.linspace(0, 1, 100))["features"]


@given(st.lists(st.none() | st.floats(-1e6, 1e6, width=32), min_size=1))
def test_every_row_is_in_a_bin_or_missing(gains: list[float | None]) -> None:
    described = profile(gains, ["Sales"] * len(gains))["gain"]

    assert sum(described["counts"]) + described["missing"] == described["rows"] == len(gains)  # type: ignore[operator, call-overload]


def test_a_value_that_fills_most_rows_has_a_bin_of_its_own() -> None:
    described = profile([0] * 95 + [100, 200, 300, 400, 500], ["Sales"] * 100)["gain"]

    assert described["edges"] == [0]
    assert described["counts"] == [95, 5]


def test_bins_are_closed_above() -> None:
    assert bin_numbers([1, 2], np.array([1, 1.5, 2, 2.5])) == [1, 2, 1]


def test_categories_are_counted_and_missing_ones_apart() -> None:
    described = profile([1, 2, 3], ["Sales", None, "Sales"])["job"]

    assert described["counts"] == {"Sales": 2}
    assert described["missing"] == 1


def test_a_profile_is_json_even_where_a_column_is_all_missing() -> None:
    json.dumps(profile([None], [None]), allow_nan=False)
