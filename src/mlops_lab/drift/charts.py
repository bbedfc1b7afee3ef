"""Pictures of a drift report, small enough to be kept with every run."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mlops_lab.pipeline.comparison import SHIFT, Comparison
from mlops_lab.pipeline.drift import Drift

BEFORE, NOW = "0.7", "tab:blue"
COLUMNS = 3
WIDEST = 14  # characters of a bin's label


def drawn(drift: Drift) -> Mapping[str, Figure]:
    """Draw the stability index of everything, and the distributions, by file name; nothing where nothing is known."""
    shown = [each for each in drift.compared if each.shape]
    return {"stability_index.png": stability(shown), "distributions.png": distributions(shown)} if shown else {}


def stability(shown: list[Comparison]) -> Figure:
    """Draw the population stability index of each, with the shift that matters; what has no say is pale."""
    figure = Figure(figsize=(6, 1 + 0.3 * len(shown)), dpi=80, layout="constrained")
    axes = figure.subplots()
    colours = [BEFORE if each.left_out else "tab:red" if each.drifted else NOW for each in shown]
    axes.barh([each.name for each in shown], [_index(each) for each in shown], color=colours)
    axes.axvline(SHIFT, color="0.4", linestyle="--", label=f"a shift from {SHIFT:g}")
    axes.invert_yaxis()
    axes.set(xscale="symlog", xlabel="population stability index", title="Red: drifted. Grey: not comparable")
    axes.legend(loc="lower right")
    return figure


def distributions(shown: list[Comparison]) -> Figure:
    """Draw each distribution in the window beside the reference's."""
    rows = -(-len(shown) // COLUMNS)
    figure = Figure(figsize=(12, 2.6 * rows), dpi=80, layout="constrained")
    every = figure.subplots(rows, COLUMNS, squeeze=False).flat
    for each, axes in zip(shown, every, strict=False):
        _distribution(each, axes)
    for axes in list(every)[len(shown) :]:
        axes.set_axis_off()
    return figure


def _distribution(compared: Comparison, axes: Axes) -> None:
    shape = compared.shape
    assert shape is not None
    at = np.arange(len(shape.bins))
    axes.bar(at - 0.2, shape.reference, 0.4, color=BEFORE, label="reference")
    axes.bar(at + 0.2, shape.current, 0.4, color=NOW, label="window")
    few = np.unique(np.linspace(0, len(at) - 1, min(len(at), 6)).round().astype(int))
    axes.set_xticks(few, [shape.bins[index][:WIDEST] for index in few], rotation=30, ha="right", fontsize=7)
    axes.set_title(f"{compared.name}: {shape.stability_index:.2f}", fontsize=9)
    axes.legend(fontsize=7)


def _index(compared: Comparison) -> float:
    return compared.shape.stability_index if compared.shape else 0.0
