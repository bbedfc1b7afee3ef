"""Bills side by side, as stacked bars."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mlops_lab.pipeline.bill import GROUPS, Bill
from mlops_lab.reporting.canvas import DPI
from mlops_lab.reporting.palette import COLOURS, INK, MUTED, PAPER

BAR = 0.52


def draw(bills: Mapping[str, Bill], limit: float) -> Figure:
    """Draw one bar a bill, cheapest first, its parts by group, and the limit; 1200 pixels wide."""
    figure = Figure(figsize=(12, 1.4 + 0.75 * len(bills)), dpi=DPI, facecolor=PAPER, layout="constrained")
    axes = figure.subplots()
    ordered = sorted(bills.items(), key=lambda item: -item[1].total)
    for y, (_, bill) in enumerate(ordered):
        _bar(axes, y, bill)
    axes.axvline(limit, color=INK, linestyle=(0, (4, 3)), linewidth=1.2)
    axes.text(limit, -0.62, f" limit {limit:g} USD", va="center", color=MUTED, fontsize=9)
    axes.set_yticks(range(len(ordered)), [name for name, _ in ordered])
    axes.set_ylim(-0.85, len(ordered) - 0.5)
    axes.set_xlim(0, max(limit, *(bill.total for bill in bills.values())) * 1.14)
    axes.set_xlabel("USD a month", color=MUTED)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(left=False, colors=INK)
    _legend(figure, axes, [group for group in GROUPS if any(bill.group(group) for bill in bills.values())])
    return figure


def _bar(axes: Axes, y: int, bill: Bill) -> None:
    left = 0.0
    for group in GROUPS:
        axes.barh(y, bill.group(group), BAR, left=left, color=COLOURS[group], edgecolor=PAPER, label=group)
        left += bill.group(group)
    paper = {"facecolor": PAPER, "edgecolor": "none", "pad": 1.5}  # where the limit's line runs behind the sum
    axes.text(left + 0.8, y, f"{bill.total:.2f} USD", va="center", fontweight="bold", color=INK, bbox=paper)


def _legend(figure: Figure, axes: Axes, groups: list[str]) -> None:
    handles, labels = axes.get_legend_handles_labels()
    chosen = [handles[labels.index(group)] for group in groups]
    figure.legend(chosen, groups, loc="outside upper left", ncols=len(groups), frameon=False)
