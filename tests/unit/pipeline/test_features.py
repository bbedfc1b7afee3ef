import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlops_lab.pipeline.features import MISSING, Feature, FeatureSpec, compute, unknown

SPEC = FeatureSpec((Feature("age", "number"), Feature("job", "category", ("Sales", "Tech"))))
AGES = st.none() | st.floats(-1e6, 1e6, width=32)
JOBS = st.none() | st.sampled_from(["Sales", "Tech", "Poet"])


def columns(rows: list[tuple[float | None, str | None]]) -> dict[str, list[object]]:
    return {"age": [age for age, _ in rows], "job": [job for _, job in rows]}


@given(st.lists(st.tuples(AGES, JOBS), min_size=1))
def test_rows_computed_together_are_rows_computed_alone(rows: list[tuple[float | None, str | None]]) -> None:
    together = compute(SPEC, columns(rows))

    for index, row in enumerate(rows):
        alone = compute(SPEC, columns([row]))
        np.testing.assert_array_equal(together["age"][[index]], alone["age"])
        assert together["job"][index, 0] == alone["job"][0, 0]


def test_missing_is_nan_for_a_number_and_a_bucket_for_a_category() -> None:
    features = compute(SPEC, columns([(None, None), (float("nan"), float("nan"))]))  # type: ignore[list-item]

    assert features["age"].dtype == np.float32
    assert np.isnan(features["age"]).all()
    assert features["job"].tolist() == [[MISSING], [MISSING]]


def test_unknown_counts_what_training_has_not_seen_but_nothing_missing() -> None:
    assert unknown(SPEC, {"age": [1, 2, 3, 4], "job": ["Poet", None, "Sales", "Monk"]}) == {"job": 2}
    assert unknown(SPEC, {"age": [1], "job": ["Tech"]}) == {}


def test_a_specification_survives_its_document() -> None:
    assert FeatureSpec.from_document(SPEC.document()) == SPEC


def test_numbers_keep_their_value() -> None:
    assert math.isclose(compute(SPEC, columns([(37.5, "Sales")]))["age"][0, 0], 37.5)
