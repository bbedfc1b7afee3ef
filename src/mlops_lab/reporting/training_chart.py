"""Pictures of the week-3 notebook: what the inputs say of the target, calibration, and cost by threshold."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mlops_lab.pipeline.evaluate import Evaluation
from mlops_lab.pipeline.metrics import cost
from mlops_lab.pipeline.train import labels
from mlops_lab.projects.project import Column, CostMatrix, Project
from mlops_lab.reporting.canvas import DPI
from mlops_lab.reporting.palette import COLOURS, INK, MUTED, PAPER

ACROSS = 3
MOST = 8  # values of a category that are shown, the most frequent ones
BINS = 8  # parts of equal size that numbers are cut into
LONGEST = 20  # characters of a label


def inputs(project: Project, table: pd.DataFrame) -> Figure:
    """Draw the share of positives by each input, with the share of all rows as a line; 1200 pixels wide."""
    down = -(-len(project.inputs) // ACROSS)
    figure = Figure(figsize=(12, 2.7 * down), dpi=DPI, facecolor=PAPER, layout="constrained")
    axes = figure.subplots(down, ACROSS, squeeze=False).ravel()
    truth = pd.Series(labels(project, table), index=table.index)
    for axis, column in zip(axes, project.inputs, strict=False):
        _shares(axis, column, table[column.name], truth)
    for axis in axes[len(project.inputs) :]:
        axis.axis("off")
    return figure


def decisions(evaluation: Evaluation, costs: CostMatrix) -> Figure:
    """Draw calibration and, beside it, the cost by threshold with the chosen one; 1200 pixels wide."""
    figure = Figure(figsize=(12, 4), dpi=DPI, facecolor=PAPER, layout="constrained")
    left, right = figure.subplots(1, 2)
    parts = evaluation.calibration
    left.plot([0, 1], [0, 1], color=MUTED, linewidth=1, linestyle=":")
    left.plot(
        [part.mean_score for part in parts], [part.positive_share for part in parts], "o-", color=COLOURS["tasks"]
    )
    left.set(xlabel="mean score of a tenth of the held-out rows", ylabel="share of positives", title="Calibration")
    thresholds = np.linspace(0.01, 0.99, 99)
    truth, scores = evaluation.truth, evaluation.scores
    each = [1_000 * cost(truth, scores, threshold, costs) / len(truth) for threshold in thresholds]
    right.plot(thresholds, each, color=COLOURS["network"])
    right.axvline(evaluation.threshold, color=INK, linestyle="--", linewidth=1)
    right.annotate(
        f" chosen on validation rows: {evaluation.threshold:.2f}", (evaluation.threshold, max(each)), va="top"
    )
    right.set(xlabel="threshold", ylabel=f"{costs.unit} per 1,000 rows", title="Cost of the decision", ylim=(0, None))
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure


def _shares(axes: Axes, column: Column, values: "pd.Series[Any]", truth: "pd.Series[int]") -> None:
    groups = _cut(values) if column.kind != "category" else _frequent(values)
    found = truth.groupby(groups, observed=True).mean()
    found = found if column.kind != "category" else found.sort_values()
    axes.barh([str(name)[:LONGEST] for name in found.index], found.to_numpy(), color=COLOURS["network"])
    axes.axvline(float(truth.mean()), color=INK, linewidth=1, linestyle=":")
    axes.set_title(column.name, fontsize=10, color=INK)
    axes.tick_params(labelsize=8, colors=MUTED)
    axes.spines[["top", "right"]].set_visible(False)


def _cut(values: "pd.Series[Any]") -> "pd.Series[Any]":
    numbers = pd.to_numeric(values)
    if numbers.nunique() <= 2 * BINS:
        return numbers
    parts = pd.qcut(numbers, BINS, duplicates="drop")
    return parts if len(parts.cat.categories) > 1 else numbers.gt(numbers.median()).map({True: "more", False: "0"})


def _frequent(values: "pd.Series[Any]") -> "pd.Series[Any]":
    known = values.fillna("(missing)").astype(str)
    kept = known.value_counts().index[:MOST]
    return known.where(known.isin(kept), "(others)")
