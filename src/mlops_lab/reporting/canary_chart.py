"""Picture of the week-6 notebook: what each canary was given, what it did with it, and when it was taken away."""

from collections.abc import Callable, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mlops_lab.delivery.canary.state import Canary, Look, moment
from mlops_lab.pipeline.canary import Limits
from mlops_lab.reporting.canvas import DPI
from mlops_lab.reporting.palette import COLOURS, INK, MUTED, PAPER

STABLE, CANARY = COLOURS["network"], COLOURS["tasks"]
ROW = 1.45  # inches a canary
Value = Callable[[Look], float]
# Title of a column -> its values of stable and canary, and what the canary may exceed stable by.
COLUMNS: dict[str, tuple[Value | None, Value, float | None]] = {
    "5xx, % of the answers": (
        lambda look: 100 * look.stable.errors / max(look.stable.requests, 1),
        lambda look: 100 * look.canary.errors / max(look.canary.requests, 1),
        None,
    ),
    "slow, % of the answers": (
        lambda look: 100 * look.stable.slow / max(look.stable.requests, 1),
        lambda look: 100 * look.canary.slow / max(look.canary.requests, 1),
        None,
    ),
    "distance of the scores, %": (
        None,
        lambda look: 100 * look.figures.get("scores more", 0.0),
        100 * Limits().scores,
    ),
}


def timelines(canaries: Sequence[Canary]) -> Figure:
    """Draw a row for each canary over the seconds since it was opened; 1200 pixels wide."""
    figure = Figure(figsize=(12, 0.9 + ROW * len(canaries)), dpi=DPI, facecolor=PAPER, layout="constrained")
    grid: Any = figure.subplots(len(canaries), 1 + len(COLUMNS), squeeze=False)
    for row, canary in zip(grid, canaries, strict=True):
        _weight(row[0], canary)
        for axes, column in zip(row[1:], COLUMNS.values(), strict=True):
            _measured(axes, canary, *column)
        row[0].set_ylabel(canary.fault or "good", rotation=0, ha="right", va="center", fontweight="bold", color=INK)
    for axes, title in zip(grid[0], ("requests of the canary, %", *COLUMNS), strict=True):
        axes.set_title(title, fontsize=10, color=INK)
    for axes in grid[-1]:
        axes.set_xlabel("seconds since it was opened", fontsize=9, color=MUTED)
    handles, labels = next((axes.get_legend_handles_labels() for axes in grid[:, 1] if axes.lines), ([], []))
    if handles:
        figure.legend(handles, labels, loc="outside upper right", ncols=len(labels), frameon=False)
    return figure


def _weight(axes: Axes, canary: Canary) -> None:
    """Draw what the canary was given as steps, and what the target groups measured as points."""
    at = [_seconds(canary, each.at) for each in canary.events]
    axes.step([0.0, *at], [0, *(each.weight for each in canary.events)], where="post", color=CANARY)
    shares = [(_seconds(canary, each.at), 100 * each.share) for each in canary.looks if each.share is not None]
    axes.scatter([x for x, _ in shares], [y for _, y in shares], s=14, color=INK, zorder=3)
    axes.set_ylim(-5, 105)
    axes.set_yticks((0, 50, 100))
    _plain(axes, canary)


def _measured(axes: Axes, canary: Canary, stable: Value | None, own: Value, limit: float | None) -> None:
    """Draw a figure of both at each look; without looks no request was judged."""
    judged = [each for each in canary.looks if each.canary.requests]
    if not judged:
        axes.text(0.5, 0.5, "no request was judged", transform=axes.transAxes, ha="center", color=MUTED, fontsize=9)
        axes.set_yticks(())
    at = [_seconds(canary, each.at) for each in judged]
    if stable is not None and judged:
        axes.plot(at, [stable(each) for each in judged], color=STABLE, marker=".", label="stable")
    if judged:
        axes.plot(at, [own(each) for each in judged], color=CANARY, marker=".", label="canary")
        axes.set_ylim(bottom=0, top=max(5.0, *axes.get_ylim()))
    if limit is not None and judged:
        axes.axhline(limit, color=MUTED, linestyle=":", linewidth=1)
    _plain(axes, canary)


def _plain(axes: Axes, canary: Canary) -> None:
    axes.set_xlim(0, max((_seconds(canary, each.at) for each in canary.events), default=1.0) * 1.03)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8, colors=INK)


def _seconds(canary: Canary, stamp: str) -> float:
    return (moment(stamp) - moment(canary.opened)).total_seconds()
