"""Training: one scikit-learn pipeline from features to scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from mlops_lab.pipeline.features import MISSING, Feature, FeatureSpec, compute
from mlops_lab.projects.project import Column, Project


@dataclass(frozen=True)
class Model:
    """A fitted pipeline and the features it reads."""

    spec: FeatureSpec
    pipeline: Pipeline

    def score(self, table: pd.DataFrame) -> NDArray[np.float64]:
        """Probability of the positive class for every row of a raw table."""
        scores: NDArray[np.float64] = self.pipeline.predict_proba(feature_frame(self.spec, table))[:, 1]
        return scores


def labels(project: Project, table: pd.DataFrame) -> NDArray[np.int64]:
    """1 where the target is positive, else 0."""
    return (table[project.target] == project.task.positive).to_numpy().astype(np.int64)


def learn_spec(project: Project, table: pd.DataFrame) -> FeatureSpec:
    """Specify the features of the project's inputs, with the categories that stand in the table."""
    return FeatureSpec(tuple(_feature(column, table[column.name]) for column in project.inputs))


def feature_frame(spec: FeatureSpec, table: pd.DataFrame) -> pd.DataFrame:
    """Compute the features of a raw table, as a table with one column each."""
    columns = {name: table[name].to_list() for name in (feature.name for feature in spec.features)}
    return pd.DataFrame(
        {name: pd.Series(array[:, 0], dtype=array.dtype) for name, array in compute(spec, columns).items()}
    )


def fit(project: Project, table: pd.DataFrame, seed: int) -> Model:
    """Fit the project's estimator on a raw table; the same table and seed give the same model."""
    spec = learn_spec(project, table)
    pipeline = assemble(spec, "passthrough", project.estimator(seed))
    return Model(spec, pipeline.fit(feature_frame(spec, table), labels(project, table)))


def assemble(spec: FeatureSpec, numbers: Any, estimator: Any) -> Pipeline:
    """Join the treatment of numbers, one-hot categories and an estimator into one unfitted pipeline.

    A missing category has a column of its own. One that training has not seen sets no column: that is its bucket,
    apart from every known one. (`handle_unknown="infrequent_if_exist"` would fail in ONNX, where skl2onnx 1.20
    writes an encoder that raises on the first unknown value.)
    """
    encoder = OneHotEncoder(
        categories=[_encoded(feature) for feature in spec.of_kind("category")],
        handle_unknown="ignore",
        sparse_output=False,
        dtype=np.float32,
    )
    columns = ColumnTransformer(
        [
            ("numbers", numbers, [feature.name for feature in spec.of_kind("number")]),
            ("categories", encoder, [feature.name for feature in spec.of_kind("category")]),
        ]
    )
    return Pipeline([("columns", columns), ("estimator", estimator)])


def _feature(column: Column, values: "pd.Series[Any]") -> Feature:
    if column.kind != "category":
        return Feature(column.name, "number")
    return Feature(column.name, "category", tuple(sorted(values.dropna().unique())))


def _encoded(feature: Feature) -> NDArray[np.object_]:
    return np.array([MISSING, *feature.categories], dtype=object)
