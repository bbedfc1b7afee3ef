"""Metrics of a classifier's scores against what was true."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from mlops_lab.projects.project import CostMatrix

Labels = NDArray[np.int64]
Scores = NDArray[np.float64]


@dataclass(frozen=True)
class Calibration:
    """A tenth of the rows, by score: what was promised and what happened."""

    rows: int
    mean_score: float
    positive_share: float


def score_metrics(truth: Labels, scores: Scores) -> dict[str, float]:
    """Metrics that need no threshold: AUC, log-loss, Brier score and expected calibration error."""
    return {
        "auc": float(roc_auc_score(truth, scores)),
        "log_loss": float(log_loss(truth, scores)),
        "brier": float(brier_score_loss(truth, scores)),
        "calibration_error": calibration_error(calibration(truth, scores)),
    }


def decision_metrics(truth: Labels, scores: Scores, threshold: float, costs: CostMatrix) -> dict[str, float]:
    """Metrics of the decision at a threshold, with its cost per thousand rows."""
    rates = decision_rates(truth, scores >= threshold)
    return {
        "precision": rates["precision"],
        "recall": rates["true_positive_rate"],
        "selection_rate": rates["selection_rate"],
        "cost_per_thousand": 1_000 * float(cost(truth, scores, threshold, costs)) / len(truth),
    }


def decision_rates(truth: Labels, chosen: NDArray[np.bool_]) -> dict[str, float]:
    """Rates of a decision; NaN where nothing is there to divide by."""
    positive = truth == 1
    return {
        "base_rate": _mean(positive),
        "selection_rate": _mean(chosen),
        "true_positive_rate": _mean(chosen[positive]),
        "false_positive_rate": _mean(chosen[~positive]),
        "precision": _mean(positive[chosen]),
    }


def cost(truth: Labels, scores: Scores, threshold: float, costs: CostMatrix) -> float:
    """Cost of deciding these rows at a threshold, in the unit of the cost matrix."""
    chosen = scores >= threshold
    false_positives, false_negatives = np.sum(chosen & (truth == 0)), np.sum(~chosen & (truth == 1))
    return float(costs.false_positive * false_positives + costs.false_negative * false_negatives)


def calibration(truth: Labels, scores: Scores, bins: int = 10) -> tuple[Calibration, ...]:
    """Sort the rows by score, cut them into parts of equal size, and compare promise and outcome in each."""
    parts = np.array_split(np.argsort(scores, kind="stable"), min(bins, len(scores)))
    return tuple(Calibration(len(part), float(scores[part].mean()), float(truth[part].mean())) for part in parts)


def calibration_error(parts: tuple[Calibration, ...]) -> float:
    """Mean distance of promise and outcome, weighted by rows (expected calibration error)."""
    distances = [abs(part.mean_score - part.positive_share) for part in parts]
    return float(np.average(distances, weights=[part.rows for part in parts]))


def _mean(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else float("nan")
