"""A dashboard as an HTML page that needs nothing from anywhere else and brings itself up to date."""

from datetime import UTC
from html import escape
from importlib.resources import files
from string import Template

from mlops_lab.reporting.dashboard import colour, markup, note
from mlops_lab.reporting.dashboard.chart import lacking, newest
from mlops_lab.reporting.dashboard.view import Alarm, Panel, Series, State, View
from mlops_lab.reporting.dashboard.widget import AlarmWidget, MetricWidget, TextWidget

SPANS = {15: "15 min", 60: "1 h", 180: "3 h", 720: "12 h"}  # minutes to choose from


def page(view: View, refresh: int, nonce: str) -> str:
    """Return the page with its panels, which it then asks for by itself.

    Args:
        view: The dashboard as it is now.
        refresh: Seconds between two readings.
        nonce: What allows the page's own script and nothing else.
    """
    minutes = _minutes(view)
    frame = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    return frame.substitute(
        name=escape(view.name),
        refresh=refresh,
        query=f"?minutes={minutes}",
        panels=panels(view),
        spans="".join(_span(each, label, minutes) for each, label in SPANS.items()),
        nonce=nonce,
        light=_theme(colour.SERIES, colour.STATES),
        dark=_theme(colour.DARK_SERIES, colour.DARK_STATES),
    )


def panels(view: View) -> str:
    """Return the panels with what they show now: the part of the page that changes."""
    length = _minutes(view)
    span = f"{length / 60:.3g} h" if length >= 60 else f"{length} min"
    said = f"last {span}, {view.region}, read at {view.end:%H:%M:%S} UTC"
    return f'<p class="said">{said}</p><div class="grid">{"".join(_panel(each, view) for each in view.panels)}</div>'


def _panel(panel: Panel, view: View) -> str:
    place = panel.widget.place
    where = f"--x:{place.x + 1};--y:{place.y + 1};--w:{place.width};--h:{place.height};order:{place.y * 24 + place.x}"
    kind = type(panel.widget).__name__.removesuffix("Widget").lower()
    return f'<section class="card {kind}" style="{where}">{_inside(panel, view)}</section>'


def _inside(panel: Panel, view: View) -> str:
    widget = panel.widget
    if isinstance(widget, TextWidget):
        return f'<div class="note">{note.html(widget.markdown)}</div>'
    title = f"<h2>{escape(widget.title)}{_badge(panel)}</h2>"
    if (missing := lacking(panel)) is not None:
        return f'{title}<p class="lacking">{escape(missing)}</p>'
    if isinstance(widget, AlarmWidget):
        return f'{title}<ul class="alarms">{"".join(_alarm(each) for each in panel.alarms)}</ul>'
    if isinstance(widget, MetricWidget) and widget.view == "singleValue":
        return title + _numbers(panel, view)
    return title + markup.chart(panel, view)


def _badge(panel: Panel) -> str:
    return "".join(_state(each) for each in panel.alarms) if isinstance(panel.widget, MetricWidget) else ""


def _alarm(alarm: Alarm) -> str:
    since = f"<small>since {alarm.since.astimezone(UTC):%d %b %H:%M}</small>" if alarm.since else ""
    return f'<li title="{escape(alarm.reason)}"><span>{escape(alarm.name)}</span>{_state(alarm)}{since}</li>'


def _state(alarm: Alarm) -> str:
    return f'<b class="state" style="--c:var(--{alarm.state.lower()})">{colour.WORDS[alarm.state]}</b>'


def _numbers(panel: Panel, view: View) -> str:
    entries = (_number(markup.style(index, each), each, view) for index, each in enumerate(panel.series))
    return f'<ul class="numbers">{"".join(entries)}</ul>'


def _number(style: str, series: Series, view: View) -> str:
    value, when = newest(series, view.end)
    return f'<li style="{style}"><b>{value}</b><span>{escape(series.label)}{when}</span></li>'


def _minutes(view: View) -> int:
    return round((view.end - view.start).total_seconds() / 60)


def _span(minutes: int, label: str, chosen: int) -> str:
    here = ' aria-current="true"' if minutes == chosen else ""
    return f'<a href="?minutes={minutes}"{here}>{label}</a>'


def _theme(series: tuple[str, ...], states: dict[State, str]) -> str:
    shades = {f"s{index}": shade for index, shade in enumerate(series)}
    shades |= {state.lower(): shade for state, shade in states.items()}
    return " ".join(f"--{name}: {shade};" for name, shade in shades.items())
