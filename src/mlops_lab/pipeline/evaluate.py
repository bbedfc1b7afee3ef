"""Evaluation: a model against its baselines on held-out rows; of a classifier also by group and at its threshold."""

from dataclasses import dataclass
from itertools import chain
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from mlops_lab.pipeline import baselines
from mlops_lab.pipeline.error_metrics import error_metrics, skill
from mlops_lab.pipeline.groups import GroupMetrics, by_group, largest_gap
from mlops_lab.pipeline.metrics import Calibration, Scores, calibration, decision_metrics, score_metrics
from mlops_lab.pipeline.threshold import cheapest
from mlops_lab.pipeline.train import Model, labels
from mlops_lab.projects.project import Classification, Project, Regression


@dataclass(frozen=True)
class Evaluation:
    """What is known of a model after its held-out rows were scored, once."""

    metrics: dict[str, float]
    baselines: dict[str, dict[str, float]]
    truth: NDArray[Any]
    scores: Scores

    @property
    def decisions(self) -> dict[str, float]:
        """What was decided on the validation rows, by name."""
        return {}

    @property
    def groups(self) -> tuple[GroupMetrics, ...]:
        """The decision by protected group, where one is taken."""
        return ()


@dataclass(frozen=True)
class ClassificationEvaluation(Evaluation):
    """What is known of a classifier: also its threshold, chosen on the validation rows, groups and calibration."""

    threshold: float
    by_group: tuple[GroupMetrics, ...]
    calibration: tuple[Calibration, ...]

    @property
    def decisions(self) -> dict[str, float]:
        """The threshold."""
        return {"threshold": self.threshold}

    @property
    def groups(self) -> tuple[GroupMetrics, ...]:
        """The decision by protected group."""
        return self.by_group


def evaluate(
    project: Project, model: Model, train: pd.DataFrame, validation: pd.DataFrame, test: pd.DataFrame
) -> Evaluation:
    """Decide on the validation rows what the task asks for; judge the model, and its baselines, on the test rows."""
    if isinstance(project.task, Classification):
        return _classification(project, project.task, model, train, validation, test)
    return _regression(project, project.task, model, train, test)


def _classification(
    project: Project,
    task: Classification,
    model: Model,
    train: pd.DataFrame,
    validation: pd.DataFrame,
    test: pd.DataFrame,
) -> ClassificationEvaluation:
    """Choose the threshold on the validation rows and judge the model, and its baselines, on the test rows."""
    threshold = cheapest(labels(project, validation), model.score(validation), task.costs)
    truth, scores = labels(project, test), model.score(test)
    simpler = {
        "constant": score_metrics(truth, baselines.constant(project, train, test)),
        "logistic": score_metrics(truth, baselines.logistic(project, model.spec, train, test)),
    }
    groups = [by_group(name, test[name], truth, scores, threshold) for name in project.protected]
    metrics = score_metrics(truth, scores) | decision_metrics(truth, scores, threshold, task.costs)
    metrics |= {f"auc_above_{name}": metrics["auc"] - baseline["auc"] for name, baseline in simpler.items()}
    metrics |= _gaps(groups)
    together = tuple(chain.from_iterable(groups))
    parts = calibration(truth, scores)
    return ClassificationEvaluation(metrics, simpler, truth, scores, threshold, together, parts)


def _regression(
    project: Project, task: Regression, model: Model, train: pd.DataFrame, test: pd.DataFrame
) -> Evaluation:
    truth, scores = labels(project, test), model.score(test)
    simpler = {
        "constant": error_metrics(truth, baselines.median(project, train, test)),
        "typical": error_metrics(truth, baselines.typical(project, task, train, test)),
    }
    metrics = error_metrics(truth, scores)
    metrics |= {f"skill_over_{name}": skill(metrics["mae"], found["mae"]) for name, found in simpler.items()}
    return Evaluation(metrics, simpler, truth, scores)


def _gaps(groups: list[list[GroupMetrics]]) -> dict[str, float]:
    rates = ("selection_rate", "true_positive_rate", "false_positive_rate")
    return {f"{found[0].attribute}_{rate}_gap": largest_gap(found, rate) for found in groups for rate in rates}
