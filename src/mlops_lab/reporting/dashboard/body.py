"""Reads the body of GetDashboard; a widget that cannot be read becomes one that says so. Pure.

Source: Amazon CloudWatch API Reference, "Dashboard Body Structure and Syntax".
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from mlops_lab.errors import LabError
from mlops_lab.reporting.dashboard.shorthand import expanded
from mlops_lab.reporting.dashboard.widget import (
    COLUMNS,
    AlarmWidget,
    Axis,
    Body,
    Event,
    Json,
    Line,
    MetricWidget,
    OtherWidget,
    Place,
    Side,
    TextWidget,
    Threshold,
    Widget,
)

VIEWS = ("timeSeries", "singleValue")
STAT, PERIOD, SIZE = "Average", 300, 6  # CloudWatch's defaults
_SPAN = re.compile(r"-P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_UNREADABLE = (KeyError, IndexError, TypeError, ValueError, AttributeError)


def parse(text: str) -> Body:
    """Read a dashboard's body.

    Raises:
        LabError: It is not a JSON object.
    """
    try:
        body = json.loads(text)
        listed = list(body.get("widgets") or [])
    except (ValueError, AttributeError, TypeError):
        raise LabError(f"The dashboard's body begins with {text[:60]!r}; it must be a JSON object.") from None
    return Body(tuple(_widgets(listed)), _span(body.get("start")))


def _widgets(listed: Iterable[Json]) -> Iterable[Widget]:
    x = y = bottom = 0
    for each in listed:
        place = Place(0, bottom, COLUMNS, SIZE)
        try:
            place = _place(each, x, y, bottom)
            yield _widget(each, place)
        except _UNREADABLE as error:
            yield OtherWidget(place, _title(each), f"the definition cannot be read ({type(error).__name__}: {error})")
        x, y, bottom = place.x + place.width, place.y, max(bottom, place.y + place.height)


def _place(widget: Json, x: int, y: int, bottom: int) -> Place:
    """Return where a widget is: where it says, or beside the one before it while there is room."""
    width = min(int(widget.get("width", SIZE)), COLUMNS)
    height = int(widget.get("height", SIZE))
    if "x" in widget and "y" in widget:
        return Place(min(int(widget["x"]), COLUMNS - width), int(widget["y"]), width, height)
    return Place(x, y, width, height) if x + width <= COLUMNS else Place(0, bottom, width, height)


def _widget(widget: Json, place: Place) -> Widget:
    kind, properties = widget["type"], widget.get("properties", {})
    if kind == "text":
        return TextWidget(place, str(properties["markdown"]))
    if kind == "alarm":
        return AlarmWidget(place, _title(widget) or "Alarms", tuple(properties["alarms"]))
    if kind != "metric":
        return OtherWidget(place, _title(widget), f"widgets of type {kind!r} are not drawn here")
    if (view := properties.get("view", VIEWS[0])) not in VIEWS:
        return OtherWidget(place, _title(widget), f"the view {view!r} is not drawn here")
    return _metric_widget(properties, place)


def _metric_widget(properties: Json, place: Place) -> MetricWidget:
    notes = properties.get("annotations", {})
    return MetricWidget(
        place=place,
        title=str(properties.get("title", "")),
        lines=tuple(_lines(properties)),
        view=properties.get("view", VIEWS[0]),
        stacked=bool(properties.get("stacked", False)),
        region=properties.get("region"),
        live=bool(properties.get("liveData", False)),
        thresholds=tuple(_threshold(each) for each in notes.get("horizontal", [])),
        events=tuple(event for each in notes.get("vertical", []) for event in _events(each)),
        axes={side: _axis(each) for side, each in properties.get("yAxis", {}).items()},
        alarm=next(iter(notes.get("alarms", [])), None),
    )


def _lines(properties: Json) -> Iterable[Line]:
    entries = expanded(properties.get("metrics", []))
    taken = {str(options["id"]) for _, options in entries if "id" in options}
    free = (name for number in range(len(entries) + len(taken)) if (name := f"line{number}") not in taken)
    for named, options in entries:
        yield Line(
            id=str(options.get("id") or next(free)),
            stat=str(options.get("stat", properties.get("stat", STAT))),
            period=int(options.get("period", properties.get("period", PERIOD))),
            metric=_metric(named) if named else None,
            expression=None if named else str(options["expression"]),
            label=options.get("label"),
            side=_side(options),
            colour=_colour(options),
            visible=bool(options.get("visible", True)),
        )


def _metric(named: Sequence[str]) -> Json:
    namespace, name, *rest = named
    dimensions = [{"Name": key, "Value": value} for key, value in zip(rest[::2], rest[1::2], strict=True)]
    return {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}


def _threshold(note: Any) -> Threshold:
    first, last = (note[0], note[1]) if isinstance(note, list) else (note, None)
    return Threshold(
        value=float(first["value"]),
        label=str(first.get("label", "")),
        until=None if last is None else float(last["value"]),
        fill=first["fill"] if first.get("fill") in ("above", "below") else "none",
        side=_side(first),
        colour=_colour(first),
    )


def _events(note: Any) -> Iterable[Event]:
    for each in note if isinstance(note, list) else [note]:
        moment = datetime.fromisoformat(str(each["value"]))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        yield Event(moment, str(each.get("label", "")), _colour(each))


def _axis(axis: Json) -> Axis:
    low, high = axis.get("min"), axis.get("max")
    return Axis(
        None if low is None else float(low), None if high is None else float(high), str(axis.get("label") or "")
    )


def _side(options: Json) -> Side:
    return cast(Side, options["yAxis"]) if options.get("yAxis") in ("left", "right") else "left"


def _colour(options: Json) -> str | None:
    """Return a colour only in the form that CloudWatch documents: what goes into a page is nothing else."""
    colour = str(options.get("color", ""))
    return colour if re.fullmatch(r"#(?:[0-9a-fA-F]{3}){1,2}", colour) else None


def _title(widget: Json) -> str:
    properties = widget.get("properties") if isinstance(widget, Mapping) else None
    return str(properties.get("title", "")) if isinstance(properties, Mapping) else ""


def _span(start: object) -> timedelta | None:
    """Return how far back ``-PT3H`` looks; an absolute start has no length that stays true."""
    match = _SPAN.fullmatch(str(start))
    if match is None or not any(match.groups()):
        return None
    weeks, days, hours, minutes, seconds = (int(each or 0) for each in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
