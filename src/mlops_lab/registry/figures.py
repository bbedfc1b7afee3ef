"""Pictures of an evaluation: what is kept with every run, and the panels that reports put side by side."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mlops_lab.pipeline.evaluate import ClassificationEvaluation, Evaluation
from mlops_lab.pipeline.metrics import cost
from mlops_lab.projects.project import Classification, CostMatrix, Project


def drawn(project: Project, evaluation: Evaluation) -> Mapping[str, Figure]:
    """Draw what a project's kind of evaluation shows, by file name; small enough to be kept with every run."""
    if not isinstance(project.task, Classification) or not isinstance(evaluation, ClassificationEvaluation):
        predicted = _small()
        draw_predicted(predicted.subplots(), evaluation)
        return {"predicted.png": predicted}
    reliability, cost_by_threshold = _small(), _small()
    draw_reliability(reliability.subplots(), evaluation)
    draw_cost(cost_by_threshold.subplots(), evaluation, project.task.costs)
    return {"reliability.png": reliability, "cost_by_threshold.png": cost_by_threshold}


def draw_reliability(axes: Axes, evaluation: ClassificationEvaluation) -> None:
    """Draw what the score promised against what happened, a dot per tenth of the held-out rows."""
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    parts = evaluation.calibration
    axes.plot([part.mean_score for part in parts], [part.positive_share for part in parts], "o-")
    axes.set(xlabel="mean score", ylabel="share of positives", title="Reliability on held-out rows")


def draw_cost(axes: Axes, evaluation: ClassificationEvaluation, costs: CostMatrix) -> None:
    """Draw the cost per thousand held-out rows over the threshold, with the one chosen on validation rows marked."""
    thresholds = np.linspace(0.01, 0.99, 99)
    per_row = 1_000 / len(evaluation.truth)
    axes.plot(thresholds, [per_row * cost(evaluation.truth, evaluation.scores, at, costs) for at in thresholds])
    axes.axvline(evaluation.threshold, color="0.4", linestyle="--", label=f"chosen: {evaluation.threshold:.2f}")
    axes.set(xlabel="threshold", ylabel=f"{costs.unit} per 1,000 rows", title="Cost on held-out rows")
    axes.legend()


def draw_predicted(axes: Axes, evaluation: Evaluation) -> None:
    """Draw the median and the middle half of what happened, by tenths of the prediction, on held-out rows."""
    parts = np.array_split(np.argsort(evaluation.scores, kind="stable"), 10)
    middles = [np.median(evaluation.scores[part]) for part in parts]
    low, middle, high = np.array([np.quantile(evaluation.truth[part], (0.25, 0.5, 0.75)) for part in parts]).T
    axes.plot(middles, middles, color="0.7", linewidth=1)
    axes.errorbar(middles, middle, yerr=(middle - low, high - middle), fmt="o", capsize=3)
    axes.set(xlabel="predicted", ylabel="median and middle half of what happened", title="Held-out rows")


def _small() -> Figure:
    return Figure(figsize=(4.5, 4), dpi=80, layout="constrained")
