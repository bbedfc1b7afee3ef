"""Where everything of a chart goes: scales, ticks, stacks, gaps, numbers in words. Pure; picture and page share it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise

from matplotlib.ticker import MaxNLocator

from mlops_lab.reporting.dashboard.view import Panel, Series
from mlops_lab.reporting.dashboard.widget import Axis, MetricWidget, OtherWidget, Side, Threshold

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 10_080)  # minutes between two labels of time
GAP = 1.5  # periods without a value after which a line breaks
FRESH = 3  # periods for which a value is of now: the running one, one that is due, and one to come in
Point = tuple[float, float]  # moment, value


@dataclass(frozen=True)
class Scale:
    """A range of values and the ticks in it."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Return where a value is: 0 at the low end, 1 at the high end, cut off beyond."""
        return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)


@dataclass(frozen=True)
class Band:
    """A series as it is drawn: each run is without a gap; a stacked one stands on the values below it."""

    series: Series
    runs: tuple[tuple[Point, ...], ...]
    below: tuple[tuple[Point, ...], ...] = ()


def bands(panel: Panel) -> tuple[Band, ...]:
    """Return a panel's series as they are drawn, stacked where the widget says so."""
    stacked = isinstance(panel.widget, MetricWidget) and panel.widget.stacked
    return _stacked(panel.series) if stacked else tuple(Band(each, runs(each)) for each in panel.series)


def runs(series: Series) -> tuple[tuple[Point, ...], ...]:
    """Cut a series where it has no value for longer than its period: nothing is drawn that was not measured."""
    points = list(zip(series.moments, series.values, strict=True))
    cuts = [index for index, (one, other) in enumerate(pairwise(points), 1) if other[0] - one[0] > GAP * series.period]
    bounds = [0, *cuts, len(points)]
    return tuple(tuple(points[first:last]) for first, last in pairwise(bounds) if last > first)


def sides(panel: Panel) -> Sequence[Side]:
    """Return the sides that have an axis: the left one always, the right one where something is on it."""
    assert isinstance(panel.widget, MetricWidget)
    used = {each.side for each in panel.series} | {each.side for each in panel.widget.thresholds}
    return ("left", "right") if "right" in used else ("left",)


def scale(panel: Panel, drawn: Sequence[Band], side: Side) -> Scale:
    """Return the scale of one side: from zero where nothing is below it, unless the widget has bounds."""
    assert isinstance(panel.widget, MetricWidget)
    values = [value for band in drawn if band.series.side == side for run in band.runs for _, value in run]
    marks = [mark for each in panel.widget.thresholds if each.side == side for mark in levels(each)]
    return nice([*values, *marks], panel.widget.axes.get(side, Axis()))


def nice(values: Sequence[float], axis: Axis) -> Scale:
    """Return a scale with round ticks that holds the values; bounds of the axis go before."""
    low = min([0.0, *values]) if axis.minimum is None else axis.minimum
    high = max(values, default=1.0) if axis.maximum is None else axis.maximum
    if high <= low:
        high = low + 1
    ticks = [float(tick) for tick in MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)]
    low = min(ticks[0], low) if axis.minimum is None else low
    high = max(ticks[-1], high) if axis.maximum is None else high
    return Scale(low, high, tuple(tick for tick in ticks if low <= tick <= high))


def levels(threshold: Threshold) -> tuple[float, ...]:
    """Return the values at which a threshold has a line."""
    return (threshold.value,) if threshold.until is None else (threshold.value, threshold.until)


def filled(threshold: Threshold, scale: Scale) -> tuple[float, float] | None:
    """Return from where to where the threshold's side of the chart is tinted, or None."""
    if threshold.until is not None:
        return min(levels(threshold)), max(levels(threshold))
    return {"above": (threshold.value, scale.high), "below": (scale.low, threshold.value)}.get(threshold.fill)


def time_ticks(start: datetime, end: datetime, most: int = 7) -> list[tuple[float, str]]:
    """Return moments at round times of the day (UTC) in seconds since the epoch, each with its label."""
    minutes = (end - start).total_seconds() / 60
    step = next((each for each in STEPS if minutes / each <= most), STEPS[-1]) * 60
    first = math.ceil(start.timestamp() / step) * step
    moments = range(int(first), int(end.timestamp()) + 1, step)
    return [(float(each), _time(datetime.fromtimestamp(each, UTC))) for each in moments]


def number(value: float) -> str:
    """Return a number in few characters: 0, 0.012, 3.5, 1.2k, 4M."""
    size = abs(value)
    if size < 1e-9:
        return "0"
    for factor, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= 0.9995 * factor:
            return f"{value / factor:.3g}{unit}"
    return f"{value:.3g}" if size >= 0.001 else f"{value:.1e}"


def lacking(panel: Panel) -> str | None:
    """Return what a panel says in place of a drawing, or None where there is something to draw."""
    if isinstance(panel.widget, OtherWidget):
        return panel.widget.why
    if panel.trouble:
        return panel.trouble
    return "no data" if isinstance(panel.widget, MetricWidget) and not panel.has_data else None


def newest(series: Series, end: datetime) -> tuple[str, str]:
    """Return a series' last value in words, and when it was (`` at 08:19``) where it is not of now."""
    if not series.values:
        return "no data", ""
    moment = series.moments[-1]
    fresh = end.timestamp() - moment <= FRESH * series.period
    return number(series.values[-1]), "" if fresh else f" at {datetime.fromtimestamp(moment, UTC):%H:%M}"


def legend(panel: Panel, end: datetime) -> list[str]:
    """Return each series' name and last value."""
    right = [" (right)" if each.side == "right" else "" for each in panel.series]
    return [f"{each.label}{side}: {''.join(newest(each, end))}" for each, side in zip(panel.series, right, strict=True)]


def _time(moment: datetime) -> str:
    return moment.strftime("%H:%M" if moment.hour or moment.minute else "%d %b")


def _stacked(series: Sequence[Series]) -> tuple[Band, ...]:
    """Stand each series on the sum of those before it, at the moments where it has a value."""
    total: dict[float, float] = {}
    found = []
    for each in series:
        base = {moment: total.get(moment, 0.0) for moment in each.moments}
        total |= {moment: base[moment] + value for moment, value in zip(each.moments, each.values, strict=True)}
        top = runs(replace(each, values=[total[moment] for moment in each.moments]))
        found.append(Band(each, top, tuple(tuple((moment, base[moment]) for moment, _ in run) for run in top)))
    return tuple(found)
