"""Evaluation: a model against its baselines, by group, and at the threshold that costs least."""

from dataclasses import dataclass
from itertools import chain

import pandas as pd

from mlops_lab.pipeline import baselines
from mlops_lab.pipeline.groups import GroupMetrics, by_group, largest_gap
from mlops_lab.pipeline.metrics import Calibration, Labels, Scores, calibration, decision_metrics, score_metrics
from mlops_lab.pipeline.threshold import cheapest
from mlops_lab.pipeline.train import Model, labels
from mlops_lab.projects.project import Project


@dataclass(frozen=True)
class Evaluation:
    """What is known of a model after its held-out rows were scored, once."""

    threshold: float  # chosen on the validation rows
    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]]
    groups: tuple[GroupMetrics, ...]
    calibration: tuple[Calibration, ...]
    truth: Labels
    scores: Scores


def evaluate(
    project: Project, model: Model, train: pd.DataFrame, validation: pd.DataFrame, test: pd.DataFrame
) -> Evaluation:
    """Choose the threshold on the validation rows and judge the model, and its baselines, on the test rows."""
    threshold = cheapest(labels(project, validation), model.score(validation), project.task.costs)
    truth, scores = labels(project, test), model.score(test)
    simpler = {
        "constant": score_metrics(truth, baselines.constant(project, train, test)),
        "logistic": score_metrics(truth, baselines.logistic(project, model.spec, train, test)),
    }
    groups = [by_group(name, test[name], truth, scores, threshold) for name in project.protected]
    metrics = score_metrics(truth, scores) | decision_metrics(truth, scores, threshold, project.task.costs)
    metrics |= {f"auc_above_{name}": metrics["auc"] - baseline["auc"] for name, baseline in simpler.items()}
    metrics |= _gaps(groups)
    parts = calibration(truth, scores)
    return Evaluation(threshold, metrics, simpler, tuple(chain.from_iterable(groups)), parts, truth, scores)


def _gaps(groups: list[list[GroupMetrics]]) -> dict[str, float]:
    rates = ("selection_rate", "true_positive_rate", "false_positive_rate")
    return {f"{found[0].attribute}_{rate}_gap": largest_gap(found, rate) for found in groups for rate in rates}
