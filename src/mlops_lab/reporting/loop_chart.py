"""Picture of the week-5 notebook: how well each month was answered, by which version, and what came of it."""

from collections.abc import Sequence
from typing import Any

from matplotlib.figure import Figure

from mlops_lab.loop.journal import Journal
from mlops_lab.reporting.canvas import DPI
from mlops_lab.reporting.palette import COLOURS, INK, MUTED, PAPER

BACKED: dict[str, Any] = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}  # so that no line runs through a figure
VERDICTS = {"none": "#2e7d32", "data drift": "#b26a00", "damage": "#b3261e", "not enough data": MUTED}


def months(journals: Sequence[Journal], limit: float) -> Figure:
    """Draw each month's mean error in the colour of its verdict, and the versions that answered; 1200 pixels wide."""
    figure = Figure(figsize=(12, 4.5), dpi=DPI, facecolor=PAPER, layout="constrained")
    axes = figure.subplots()
    names = [each.month for each in journals]
    errors = [each.steps["traffic"]["error"] for each in journals]
    verdicts = [each.steps["drift"]["verdict"] for each in journals]
    axes.plot(names, errors, color=COLOURS["network"], linewidth=1, zorder=1)
    for verdict, colour in VERDICTS.items():
        at = [index for index, each in enumerate(verdicts) if each == verdict]
        if at:
            axes.scatter([names[i] for i in at], [errors[i] for i in at], s=90, color=colour, label=verdict, zorder=2)
    for name, error, each in zip(names, errors, journals, strict=True):
        served = ", ".join(sorted(each.steps["traffic"]["versions"]))
        said = f"version {served}\n{error:.2f}"
        axes.annotate(said, (name, error), xytext=(0, 12), textcoords="offset points", ha="center", bbox=BACKED)
        if "promote" in each.steps:
            axes.annotate("retrained", (name, 0.15), ha="center", color=VERDICTS["damage"])
    axes.axhline(limit, color=INK, linewidth=1, linestyle=":")
    axes.set(ylabel="mean absolute error in minutes", ylim=(0, max(errors) * 1.25))
    axes.legend(frameon=False, loc="upper left", title="verdict")
    axes.spines[["top", "right"]].set_visible(False)
    return figure
