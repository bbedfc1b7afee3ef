"""A metric widget on matplotlib's axes."""

from datetime import datetime
from typing import Any

from matplotlib.axes import Axes

from mlops_lab.reporting.dashboard import colour
from mlops_lab.reporting.dashboard.chart import Band, Scale, bands, filled, levels, number, scale, sides, time_ticks
from mlops_lab.reporting.dashboard.view import Panel
from mlops_lab.reporting.dashboard.widget import Event, MetricWidget, Side, Threshold
from mlops_lab.reporting.palette import MUTED, RULE

SIZE = 8.0  # points
LABEL: dict[str, Any] = {"textcoords": "offset points", "fontsize": SIZE - 0.5}
WIDE = 320  # pixels from which an axis has room for more labels of time


def draw(axes: Axes, panel: Panel, start: datetime, end: datetime, width: float) -> None:
    """Draw a panel's series over time, with its thresholds and events, on axes of a width in pixels."""
    assert isinstance(panel.widget, MetricWidget)
    drawn = bands(panel)
    colours = colour.of(panel.series)
    for side in sides(panel):
        own = [(band, shade) for band, shade in zip(drawn, colours, strict=True) if band.series.side == side]
        on = axes if side == "left" else _right(axes)
        _frame(on, scale(panel, drawn, side), panel.widget, side)
        for band, shade in own:
            _draw_band(on, band, shade, panel.widget.stacked)
        for threshold in panel.widget.thresholds:
            if threshold.side == side:
                _draw_threshold(on, threshold, scale(panel, drawn, side))
    for event in panel.widget.events:
        _draw_event(axes, event)
    ticks = time_ticks(start, end, 7 if width > WIDE else 4)
    axes.set_xlim(start.timestamp(), end.timestamp())
    axes.set_xticks([moment for moment, _ in ticks], [label for _, label in ticks])


def _right(axes: Axes) -> Axes:
    twin = axes.twinx()
    twin.grid(False)
    return twin


def _frame(axes: Axes, scale: Scale, widget: MetricWidget, side: Side) -> None:
    axes.set_facecolor("none")
    axes.set_ylim(scale.low, scale.high)
    axes.set_yticks(scale.ticks, [number(tick) for tick in scale.ticks])
    axes.tick_params(length=0, labelsize=SIZE, labelcolor=MUTED, pad=4)
    axes.spines[["top", "left", "right"]].set_visible(False)
    axes.spines["bottom"].set_color(RULE)
    axes.set_axisbelow(True)
    if side == "left":
        axes.grid(axis="y", color=RULE, linewidth=0.6)
    if side in widget.axes and widget.axes[side].label:
        axes.set_ylabel(widget.axes[side].label, fontsize=SIZE, color=MUTED, labelpad=3)


def _draw_band(axes: Axes, band: Band, shade: str, stacked: bool) -> None:
    for index, run in enumerate(band.runs):
        moments, values = [moment for moment, _ in run], [value for _, value in run]
        axes.plot(moments, values, color=shade, linewidth=1.6, marker="o" if len(run) == 1 else None, markersize=3.5)
        if stacked:
            axes.fill_between(moments, [value for _, value in band.below[index]], values, color=shade, alpha=0.35, lw=0)


def _draw_event(axes: Axes, event: Event) -> None:
    at, shade = event.moment.timestamp(), event.colour or MUTED
    axes.axvline(at, color=shade, linewidth=1, linestyle=(0, (2, 2)))
    axes.annotate(event.label, (at, 1), (3, -2), **LABEL, xycoords=("data", "axes fraction"), va="top", color=shade)


def _draw_threshold(axes: Axes, threshold: Threshold, scale: Scale) -> None:
    shade = threshold.colour or colour.LIMIT
    for level in levels(threshold):
        axes.axhline(level, color=shade, linewidth=1.1, linestyle=(0, (5, 3)))
    if (tint := filled(threshold, scale)) is not None:
        axes.axhspan(*tint, color=shade, alpha=0.08, linewidth=0)
    if threshold.label:
        at = (1, threshold.value)
        where: dict[str, Any] = {"xycoords": ("axes fraction", "data"), "ha": "right", "va": "bottom"}
        axes.annotate(threshold.label, at, (-3, 2), **LABEL, **where, color=shade)
