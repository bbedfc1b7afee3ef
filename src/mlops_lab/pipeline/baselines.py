"""What a model has to beat: a constant, and logistic regression on the same features."""

import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlops_lab.pipeline.features import FeatureSpec
from mlops_lab.pipeline.metrics import Scores
from mlops_lab.pipeline.train import Model, assemble, feature_frame, labels
from mlops_lab.projects.project import Project


def constant(project: Project, train: pd.DataFrame, test: pd.DataFrame) -> Scores:
    """Give every row of the test table the share of positives in the training table."""
    return np.full(len(test), labels(project, train).mean())


def logistic(project: Project, spec: FeatureSpec, train: pd.DataFrame, test: pd.DataFrame) -> Scores:
    """Score the test table with logistic regression on scaled numbers and one-hot categories."""
    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    pipeline = assemble(spec, numbers, LogisticRegression(max_iter=1_000))
    pipeline.fit(feature_frame(spec, train), labels(project, train))
    return Model(spec, pipeline).score(test)
