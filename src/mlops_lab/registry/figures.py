"""Pictures of an evaluation: what is kept with every run, and the panels that reports put side by side."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mlops_lab.pipeline.evaluate import Evaluation
from mlops_lab.pipeline.metrics import cost
from mlops_lab.projects.project import CostMatrix


def reliability(evaluation: Evaluation) -> Figure:
    """Draw the reliability panel alone, small enough to be kept with every run."""
    figure = _small()
    draw_reliability(figure.subplots(), evaluation)
    return figure


def cost_by_threshold(evaluation: Evaluation, costs: CostMatrix) -> Figure:
    """Draw the cost panel alone, small enough to be kept with every run."""
    figure = _small()
    draw_cost(figure.subplots(), evaluation, costs)
    return figure


def draw_reliability(axes: Axes, evaluation: Evaluation) -> None:
    """Draw what the score promised against what happened, a dot per tenth of the held-out rows."""
    axes.plot([0, 1], [0, 1], color="0.7", linewidth=1)
    parts = evaluation.calibration
    axes.plot([part.mean_score for part in parts], [part.positive_share for part in parts], "o-")
    axes.set(xlabel="mean score", ylabel="share of positives", title="Reliability on held-out rows")


def draw_cost(axes: Axes, evaluation: Evaluation, costs: CostMatrix) -> None:
    """Draw the cost per thousand held-out rows over the threshold, with the one chosen on validation rows marked."""
    thresholds = np.linspace(0.01, 0.99, 99)
    per_row = 1_000 / len(evaluation.truth)
    axes.plot(thresholds, [per_row * cost(evaluation.truth, evaluation.scores, at, costs) for at in thresholds])
    axes.axvline(evaluation.threshold, color="0.4", linestyle="--", label=f"chosen: {evaluation.threshold:.2f}")
    axes.set(xlabel="threshold", ylabel=f"{costs.unit} per 1,000 rows", title="Cost on held-out rows")
    axes.legend()


def _small() -> Figure:
    return Figure(figsize=(4.5, 4), dpi=80, layout="constrained")
