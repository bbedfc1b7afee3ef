"""Pictures of the week-4 notebook: what makes a trip long, errors by hour and zone, and the months to come."""

from collections.abc import Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mlops_lab.reporting.canvas import DPI
from mlops_lab.reporting.palette import COLOURS, INK, MUTED, PAPER
from mlops_lab.reporting.trip_errors import Month

MODEL, SIMPLE = COLOURS["tasks"], COLOURS["network"]
LEAST = 50  # held-out trips of a zone; of fewer the mean error says little
MOST = 12  # zones at either end
HIGHEST = 60  # minutes that the histogram shows


def durations(shown: pd.DataFrame) -> Figure:
    """Draw how long trips take, and the median by hour on weekdays and at weekends; 1200 pixels wide.

    `shown` has the columns truth (minutes), hour and weekend.
    """
    figure, (left, right) = _pair()
    left.hist(shown["truth"].clip(upper=HIGHEST), bins=HIGHEST // 2, range=(0, HIGHEST), color=SIMPLE)
    middle = float(shown["truth"].median())
    left.axvline(middle, color=INK, linewidth=1, linestyle="--")
    left.annotate(f" median {middle:.1f}", (middle, left.get_ylim()[1]), va="top")
    left.set(xlabel=f"minutes; the last bar holds all from {HIGHEST - 2}", ylabel="trips", title="How long trips take")
    for weekend, name, colour in ((False, "Monday to Friday", MODEL), (True, "weekend", SIMPLE)):
        by_hour = shown[shown["weekend"] == weekend].groupby("hour")["truth"].median()
        right.plot(by_hour.index, by_hour.to_numpy(), "o-", markersize=3, color=colour, label=name)
    right.set(xlabel="hour of the start", ylabel="median minutes", title="By hour", ylim=(0, None))
    right.legend(frameon=False)
    return figure


def by_hour_and_zone(shown: pd.DataFrame, zone: str) -> Figure:
    """Draw the mean error by hour, beside the baseline's, and by zone of the start, the worst and the best ones.

    `shown` has the columns error, simple (the baseline's error), hour, truth and the one that `zone` names.
    """
    figure, (left, right) = _pair(height=5.2)
    by_hour = shown.groupby("hour")[["error", "simple"]].mean()
    left.plot(by_hour.index, by_hour["simple"], "o-", markersize=3, color=SIMPLE, label="median of the pair of zones")
    left.plot(by_hour.index, by_hour["error"], "o-", markersize=3, color=MODEL, label="this model")
    left.set(xlabel="hour of the start", ylabel="mean error in minutes", title="By hour", ylim=(0, None))
    left.legend(frameon=False)
    zones = by_zone(shown, zone)
    ends = pd.concat([zones.head(MOST), zones.tail(MOST)]) if len(zones) > 2 * MOST else zones
    names = [f"{index} ({count})" for index, count in zip(ends.index, ends["trips"], strict=True)]
    right.barh(names[::-1], ends["error"][::-1], color=MODEL)
    if len(zones) > 2 * MOST:
        right.axhline(MOST - 0.5, color=INK, linewidth=1, linestyle=":")
    title = f"By zone of the start: the {MOST} worst and best with {LEAST} trips or more"
    right.set(xlabel="mean error in minutes", ylabel="zone (held-out trips)", title=title)
    right.tick_params(axis="y", labelsize=8)
    return figure


def by_zone(shown: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Mean error, trips and median minutes of each zone with enough trips, the worst first."""
    found = shown.groupby(zone).agg(error=("error", "mean"), trips=("error", "size"), minutes=("truth", "median"))
    return found[found["trips"] >= LEAST].sort_values("error", ascending=False)


def to_come(months: Sequence[Month], bound: float) -> Figure:
    """Draw the mean error month by month after the training window, and of models retrained; 1200 pixels wide."""
    figure = Figure(figsize=(12, 4), dpi=DPI, facecolor=PAPER, layout="constrained")
    axes = figure.subplots()
    names = [each.name for each in months]
    axes.plot(names, [each.constant for each in months], color=MUTED, linestyle=":", label="one number for all trips")
    axes.plot(names, [each.error for each in months], "o-", color=MODEL, label="this model, as it stands")
    again = [(each.name, each.retrained) for each in months if each.retrained is not None]
    axes.plot(*zip(*again, strict=True), "D", color=SIMPLE, label="learnt from the 3 months before")
    axes.axhline(bound, color=INK, linewidth=1, linestyle="--")
    axes.annotate(f"stated: {bound:g}", (names[0], bound), (-4, -4), textcoords="offset points", va="top", fontsize=8)
    axes.set(ylabel="mean error in minutes", title="From the held-out month on", ylim=(0, None))
    axes.tick_params(axis="x", rotation=60, labelsize=8)
    axes.legend(frameon=False, ncols=3, loc="lower right")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _pair(height: float = 4) -> tuple[Figure, tuple[Axes, Axes]]:
    figure = Figure(figsize=(12, height), dpi=DPI, facecolor=PAPER, layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    return figure, (left, right)
