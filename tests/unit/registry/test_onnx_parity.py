from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from mlops_lab.candidate import Candidate
from mlops_lab.errors import LabError
from mlops_lab.pipeline import train
from mlops_lab.projects.project import Column, Project, Regression
from mlops_lab.registry import onnx_model


class Shifted:
    """A pipeline whose scores are off by a little."""

    def __init__(self, pipeline: Pipeline, by: float):
        self.pipeline, self.by = pipeline, by

    def predict_proba(self, frame: object) -> object:
        return np.asarray(self.pipeline.predict_proba(frame)) + self.by


def test_the_bundled_model_scores_as_scikit_learn_does(candidate: Candidate) -> None:
    parity = candidate.contents.parity

    assert parity.rows == 3 * len(candidate.splits.test)
    assert parity.largest_difference <= 1e-6


@pytest.mark.parametrize("by", [1e-4, float("nan")])
def test_a_model_that_scores_differently_is_refused(candidate: Candidate, by: float) -> None:
    other = replace(candidate.model, pipeline=Shifted(candidate.model.pipeline, by))

    with pytest.raises(LabError, match="ONNX and scikit-learn differ"):
        onnx_model.check_parity(other, candidate.contents.files["model.onnx"], candidate.splits.test)


def test_the_same_model_gives_the_same_bytes(candidate: Candidate) -> None:
    again = train.fit(candidate.project, candidate.splits.train, seed=1)

    assert onnx_model.convert(again, "income") == candidate.contents.files["model.onnx"]


def test_a_number_near_zero_need_not_be_more_exact_than_what_was_summed_to_it(taxi: Project) -> None:
    random = np.random.default_rng(0)
    amounts = pd.DataFrame({"cost": random.normal(0, 1e6, 3_000)})
    amounts["profit"] = amounts["cost"] + random.normal(0, 1e6, 3_000)
    columns = (Column("cost", "number", "Cost"), Column("profit", "number", "Profit"))
    asked = {"columns": columns, "target": "profit", "label": None, "filters": (), "derived": (), "excluded": {}}
    profit = replace(taxi, task=Regression("profit", ()), example={"cost": 1.0}, slices=(), **asked)

    model = train.fit(profit, amounts, seed=0)
    parity = onnx_model.check_parity(model, onnx_model.convert(model, "profit"), amounts)

    assert parity.scale > 100_000
    assert parity.largest_difference <= parity.tolerance
