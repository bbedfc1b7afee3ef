"""What a model has to beat: a constant, logistic regression on the same features, the median of what is alike."""

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlops_lab.pipeline.features import FeatureSpec
from mlops_lab.pipeline.metrics import Scores
from mlops_lab.pipeline.train import Model, assemble, feature_frame, labels
from mlops_lab.projects.project import Project, Regression


def constant(project: Project, train: pd.DataFrame, test: pd.DataFrame) -> Scores:
    """Give every row of the test table the share of positives in the training table."""
    return np.full(len(test), labels(project, train).mean())


def median(project: Project, train: pd.DataFrame, test: pd.DataFrame) -> Scores:
    """Give every row of the test table the median of the training table."""
    return np.full(len(test), np.median(labels(project, train)))


def typical(project: Project, task: Regression, train: pd.DataFrame, test: pd.DataFrame) -> Scores:
    """Give a row the median of the training rows that are alike in the task's typical columns, or of all."""
    if not task.typical:
        return median(project, train, test)
    keys = list(task.typical)
    medians = train.assign(typical=labels(project, train)).groupby(keys)["typical"].median()
    found = test[keys].join(medians, on=keys)["typical"]
    return found.fillna(np.median(labels(project, train))).to_numpy(dtype=np.float64)


def logistic(project: Project, spec: FeatureSpec, train: pd.DataFrame, test: pd.DataFrame) -> Scores:
    """Score the test table with logistic regression on scaled numbers and categories as the project encodes them."""
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    pipeline = assemble(spec, numbers, LogisticRegression(max_iter=1_000), project.encoding)
    pipeline.fit(feature_frame(spec, train), labels(project, train))
    return Model(spec, pipeline).score(test)
