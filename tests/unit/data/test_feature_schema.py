import numpy as np
import pandas as pd
import pytest

from mlops_lab.data.schemas import validate_features
from mlops_lab.errors import LabError
from mlops_lab.pipeline.features import Feature, FeatureSpec

SPEC = FeatureSpec((Feature("age", "number"), Feature("job", "category", ("Sales",))))


def frame(ages: list[float], jobs: list[object]) -> pd.DataFrame:
    return pd.DataFrame({"age": np.array(ages, dtype=np.float32), "job": pd.Series(jobs, dtype=object)})


def test_missing_numbers_and_unseen_categories_are_features() -> None:
    validate_features(SPEC, frame([38, float("nan")], ["", "Poet"]))


def test_a_missing_category_must_have_become_text() -> None:
    with pytest.raises(LabError, match="job"):
        validate_features(SPEC, frame([38, 39], ["Sales", None]))


def test_a_feature_too_few_is_refused() -> None:
    with pytest.raises(LabError, match="job"):
        validate_features(SPEC, frame([38], ["Sales"])[["age"]])
