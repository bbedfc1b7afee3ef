from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer

from mlops_lab.candidate import Candidate
from mlops_lab.pipeline import train
from mlops_lab.pipeline.encoding import encoder, step
from mlops_lab.pipeline.features import FeatureSpec


def is_exact(values: NDArray[np.float64]) -> bool:
    return bool((values.astype(np.float32).astype(np.float64) == values).all())


@given(st.floats(1e-6, 1e12), st.integers(0, 2**20), st.integers(0, 2**20))
def test_two_encodings_and_what_lies_midway_are_exact_in_float32(largest: float, first: int, second: int) -> None:
    size = step(np.array([largest]))
    values = np.array([first * size, second * size])

    assert is_exact(np.append(values, values.mean()))


def test_encodings_are_near_those_of_scikit_learn_and_exact() -> None:
    random = np.random.default_rng(0)
    categories = random.choice(list("abc"), (500, 1)).astype(object)
    target = random.gamma(2, 6, 500)

    fitted = encoder(FeatureSpec(()), "target").fit(categories, target)

    means = pd.Series(target).groupby(categories[:, 0]).mean()
    assert fitted.encodings_[0] == pytest.approx(means.to_numpy(), rel=0.05)
    assert is_exact(fitted.encodings_[0])
    assert is_exact(fitted.transform(np.array([["a"], ["unseen"]], dtype=object)))


def test_a_row_is_not_encoded_by_its_own_target() -> None:
    target = np.arange(100, dtype=np.float64)
    alone = np.array([[str(row)] for row in range(100)], dtype=object)

    encoded = encoder(FeatureSpec(()), "target").fit_transform(alone, target)

    assert len(np.unique(encoded)) <= 5  # the means of the other folds: nothing of the row itself


def test_encodings_are_learnt_on_the_training_window_only(taxi_candidate: Candidate) -> None:
    parts = taxi_candidate.splits
    columns = taxi_candidate.model.pipeline[0]
    assert isinstance(columns, ColumnTransformer)
    fitted = columns.named_transformers_["categories"]

    assert fitted.target_mean_ == pytest.approx(parts.train["minutes"].mean(), abs=1e-3)
    for feature, learnt in zip(taxi_candidate.model.spec.of_kind("category"), fitted.categories_, strict=True):
        assert set(learnt) == set(train.feature_frame(taxi_candidate.model.spec, parts.train)[feature.name])
        assert set(feature.categories) == set(learnt)


def test_later_trips_change_no_encoding(taxi_candidate: Candidate) -> None:
    """A zone pair that only January has is answered as one that nobody has seen."""
    spec, parts = taxi_candidate.model.spec, taxi_candidate.splits
    pairs = next(feature for feature in spec.features if feature.name == "zone_pair")
    features = train.feature_frame(spec, parts.test)
    new = features[~features["zone_pair"].isin(pairs.categories)]

    scores = taxi_candidate.model.score_features(new)

    assert len(new) > 100
    assert (scores == taxi_candidate.model.score_features(new.assign(zone_pair="9-9"))).all()


def test_a_project_without_numbers_or_without_categories_can_be_fitted(taxi_candidate: Candidate) -> None:
    project, rows = taxi_candidate.project, taxi_candidate.splits.train.head(1_000)
    of_zones = [each for each in project.derived if each.how in ("text", "pair")]
    hidden = dict.fromkeys(("vendor_id", "passenger_count", "pickup_datetime"), "left out")
    zones = replace(
        project,
        slices=(),
        derived=tuple(of_zones),
        excluded={**project.excluded, **hidden},
        example={name: cell for name, cell in project.example.items() if name not in hidden},
    )
    numbers = replace(project, derived=tuple(each for each in project.derived if each not in of_zones))

    for variant in (zones, numbers):
        assert len(train.fit(variant, rows, 0).score(rows)) == 1_000
