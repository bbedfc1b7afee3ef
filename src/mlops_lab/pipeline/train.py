"""Training: one scikit-learn pipeline from features to scores."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from mlops_lab.pipeline.derivation import CATEGORIES
from mlops_lab.pipeline.encoding import encoder
from mlops_lab.pipeline.features import Feature, FeatureSpec, compute
from mlops_lab.projects.project import Classification, Column, Derived, Encoding, Project


@dataclass(frozen=True)
class Model:
    """A fitted pipeline and the features it reads."""

    spec: FeatureSpec
    pipeline: Pipeline

    @property
    def answers_probabilities(self) -> bool:
        """Whether it is a classifier."""
        return hasattr(self.pipeline, "predict_proba")

    def score(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Probability of the positive class, or the predicted number, for every row of a raw table."""
        return self.score_features(feature_frame(self.spec, table))

    def score_features(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Score a table of features."""
        scores: NDArray[np.float64]
        if self.answers_probabilities:
            scores = self.pipeline.predict_proba(frame)[:, 1]
        else:
            scores = self.pipeline.predict(frame)
        return scores


def labels(project: Project, table: pd.DataFrame) -> NDArray[Any]:
    """What is to be predicted: for a classification 1 where the target is positive, else 0; otherwise its value."""
    if isinstance(project.task, Classification):
        return (table[project.target] == project.task.positive).to_numpy().astype(np.int64)
    return table[project.target].to_numpy().astype(np.float64)


def learn_spec(project: Project, table: pd.DataFrame) -> FeatureSpec:
    """Specify the features of the project's inputs, with the categories that stand in the table."""
    consumed = {source for each in project.derived for source in each.sources}
    plain = (_feature(column, table[column.name]) for column in project.inputs if column.name not in consumed)
    return FeatureSpec((*plain, *(_derived(each, table) for each in project.derived)))


def columns_of(spec: FeatureSpec, table: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the columns that features are computed from, with None for what is missing."""
    found = {name: table[name] for name in spec.columns}
    return {name: values.astype(object).where(values.notna(), None).to_list() for name, values in found.items()}


def feature_frame(spec: FeatureSpec, table: pd.DataFrame) -> pd.DataFrame:
    """Compute the features of a raw table, as a table with one column each."""
    return framed(compute(spec, columns_of(spec, table)))


def framed(features: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    """Return feature arrays of shape (n, 1) as a table."""
    return pd.DataFrame({name: pd.Series(array[:, 0], dtype=array.dtype) for name, array in features.items()})


def fit(project: Project, table: pd.DataFrame, seed: int) -> Model:
    """Fit the project's estimator on a raw table; the same table and seed give the same model."""
    spec = learn_spec(project, table)
    pipeline = assemble(spec, "passthrough", project.estimator(seed), project.encoding)
    return Model(spec, pipeline.fit(feature_frame(spec, table), labels(project, table)))


def assemble(spec: FeatureSpec, numbers: Any, estimator: Any, encoding: Encoding = "one-hot") -> Pipeline:
    """Join the treatment of numbers, encoded categories and an estimator into one unfitted pipeline."""
    parts = [
        ("numbers", numbers, [feature.name for feature in spec.of_kind("number")]),
        ("categories", encoder(spec, encoding), [feature.name for feature in spec.of_kind("category")]),
    ]
    columns = ColumnTransformer([part for part in parts if part[2]])  # skl2onnx fails on a part without columns
    return Pipeline([("columns", columns), ("estimator", estimator)])


def _feature(column: Column, values: "pd.Series[Any]") -> Feature:
    if column.kind != "category":
        return Feature(column.name, "number")
    return Feature(column.name, "category", tuple(sorted(values.dropna().unique())))


def _derived(derived: Derived, table: pd.DataFrame) -> Feature:
    if derived.how not in CATEGORIES:
        return Feature(derived.name, "number", (), derived.how, derived.sources)
    unlearnt = Feature(derived.name, "category", (), derived.how, derived.sources)
    seen = set(unlearnt.values(columns_of(FeatureSpec((unlearnt,)), table))) - {None}
    return Feature(derived.name, "category", tuple(sorted(seen)), derived.how, derived.sources)
