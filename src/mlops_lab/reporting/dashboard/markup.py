"""A metric widget as HTML: an SVG that stretches with its card, and labels beside it that do not. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from mlops_lab.reporting.dashboard.chart import (
    Band,
    Point,
    Scale,
    bands,
    filled,
    legend,
    levels,
    number,
    scale,
    sides,
    time_ticks,
)
from mlops_lab.reporting.dashboard.colour import SERIES
from mlops_lab.reporting.dashboard.view import Panel, Series, View
from mlops_lab.reporting.dashboard.widget import MetricWidget, Side, Threshold

UNIT = 1000  # the SVG's own width and height; CSS gives it the card's


def chart(panel: Panel, view: View) -> str:
    """Return a panel's chart with its scales and legend."""
    assert isinstance(panel.widget, MetricWidget)
    drawn = bands(panel)
    scales = {side: scale(panel, drawn, side) for side in sides(panel)}
    labels = "".join(_scale(each, side) for side, each in scales.items())
    marks = "".join(_threshold_label(each, scales[each.side]) for each in panel.widget.thresholds)
    right = " both" if "right" in scales else ""
    drawing = "".join(_shapes(panel, drawn, scales, view))
    svg = f'<svg viewBox="0 0 {UNIT} {UNIT}" preserveAspectRatio="none" aria-hidden="true">{drawing}</svg>'
    times = _times(view.start, view.end)
    events = "".join(_event_label(panel, view))
    plot = f'<div class="plot">{svg}{marks}{events}</div>'
    return f'<div class="chart{right}">{labels}{plot}<div class="x">{times}</div></div>{_legend(panel, view)}'


def style(index: int, series: Series) -> str:
    """Return the style that gives a series its colour: a theme's own, or the one that its definition names."""
    return f"--c:{series.colour or f'var(--s{index % len(SERIES)})'}"


def _shapes(panel: Panel, drawn: Sequence[Band], scales: dict[Side, Scale], view: View) -> Iterator[str]:
    assert isinstance(panel.widget, MetricWidget)
    yield from (_line(0, UNIT, y := _y(scales["left"], tick), y, "grid") for tick in scales["left"].ticks)
    for threshold in panel.widget.thresholds:
        yield from _threshold(threshold, scales[threshold.side])
    for event in panel.widget.events:
        x = _x(event.moment.timestamp(), view)
        yield _line(x, x, 0, UNIT, "event", f"--c:{event.colour}" if event.colour else "")
    for index, band in enumerate(drawn):
        yield from _band(band, scales[band.series.side], view, style(index, band.series))


def _band(band: Band, scale: Scale, view: View, colour: str) -> Iterator[str]:
    for index, run in enumerate(band.runs):
        path = _path(run, scale, view)
        if band.below:
            back = _path(band.below[index][::-1], scale, view).replace("M", "L", 1)
            yield f'<path class="area" style="{colour}" d="{path}{back}Z"/>'
        dot = " dot" if len(run) == 1 else ""
        yield f'<path class="line{dot}" style="{colour}" d="{path}{"h0" if dot else ""}"/>'


def _path(points: Sequence[Point], scale: Scale, view: View) -> str:
    places = (f"{_x(moment, view):.1f} {_y(scale, value):.1f}" for moment, value in points)
    return "M" + "L".join(places)


def _threshold(threshold: Threshold, scale: Scale) -> Iterator[str]:
    colour = f"--c:{threshold.colour}" if threshold.colour else ""
    if (tint := filled(threshold, scale)) is not None:
        low, high = sorted(_y(scale, value) for value in tint)
        yield f'<rect class="tint" style="{colour}" x="0" width="{UNIT}" y="{low:.1f}" height="{high - low:.1f}"/>'
    for level in levels(threshold):
        yield _line(0, UNIT, _y(scale, level), _y(scale, level), "limit", colour)


def _threshold_label(threshold: Threshold, scale: Scale) -> str:
    colour = f"--c:{threshold.colour};" if threshold.colour else ""
    bottom = 100 * scale.share(threshold.value)
    below = " under" if bottom > 85 else ""  # no room above the line
    return f'<span class="mark{below}" style="{colour}bottom:{bottom:.1f}%">{escape(threshold.label)}</span>'


def _event_label(panel: Panel, view: View) -> Iterator[str]:
    assert isinstance(panel.widget, MetricWidget)
    for event in panel.widget.events:
        left = 100 / UNIT * _x(event.moment.timestamp(), view)
        yield f'<span class="when" style="left:{left:.1f}%">{escape(event.label)}</span>'


def _scale(scale: Scale, side: Side) -> str:
    ticks = "".join(
        f'<span style="bottom:{100 * scale.share(tick):.1f}%">{number(tick)}</span>' for tick in scale.ticks
    )
    return f'<div class="y {side}">{ticks}</div>'


def _times(start: datetime, end: datetime) -> str:
    length = (end - start).total_seconds()
    ticks = time_ticks(start, end, 6)
    shares = ((100 * (moment - start.timestamp()) / length, label) for moment, label in ticks)
    return "".join(f'<span style="left:{share:.1f}%">{label}</span>' for share, label in shares if 3 <= share <= 97)


def _legend(panel: Panel, view: View) -> str:
    entries = zip(panel.series, legend(panel, view.end), strict=True)
    items = (f'<li style="{style(index, each)}">{escape(text)}</li>' for index, (each, text) in enumerate(entries))
    return f'<ul class="legend">{"".join(items)}</ul>'


def _line(x1: float, x2: float, y1: float, y2: float, kind: str, colour: str = "") -> str:
    shade = f' style="{colour}"' if colour else ""
    return f'<path class="{kind}"{shade} d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"/>'


def _x(moment: float, view: View) -> float:
    start, end = view.start.timestamp(), view.end.timestamp()
    return UNIT * min(max((moment - start) / (end - start), 0.0), 1.0)


def _y(scale: Scale, value: float) -> float:
    return UNIT * (1 - scale.share(value))
