"""What a dashboard's definition says, as values. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

Json = Mapping[str, Any]
Side = Literal["left", "right"]
COLUMNS = 24


@dataclass(frozen=True)
class Place:
    """Where a widget is, in cells of a grid of 24 columns; y grows downwards."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True)
class Line:
    """One metric or expression of a widget."""

    id: str
    stat: str
    period: int  # seconds
    metric: Json | None = None  # Namespace, MetricName, Dimensions; None: an expression
    expression: str | None = None
    label: str | None = None
    side: Side = "left"
    colour: str | None = None
    visible: bool = True


@dataclass(frozen=True)
class Threshold:
    """A value to compare with: a line, or a band up to another value."""

    value: float
    label: str = ""
    until: float | None = None
    fill: Literal["none", "above", "below"] = "none"
    side: Side = "left"
    colour: str | None = None


@dataclass(frozen=True)
class Event:
    """A moment that is marked."""

    moment: datetime
    label: str = ""
    colour: str | None = None


@dataclass(frozen=True)
class Axis:
    """Bounds of an axis; None: as the data have it."""

    minimum: float | None = None
    maximum: float | None = None
    label: str = ""


@dataclass(frozen=True)
class MetricWidget:
    """Metrics over time, or their newest values."""

    place: Place
    title: str
    lines: tuple[Line, ...]
    view: Literal["timeSeries", "singleValue"] = "timeSeries"
    stacked: bool = False
    region: str | None = None
    live: bool = False  # show the period that has not ended
    thresholds: tuple[Threshold, ...] = ()
    events: tuple[Event, ...] = ()
    axes: Mapping[str, Axis] = field(default_factory=dict)  # by side
    alarm: str | None = None  # ARN: the widget shows this alarm's metric and threshold

    @property
    def period(self) -> int:
        """The shortest period of its lines, in seconds."""
        return min((line.period for line in self.lines), default=60)


@dataclass(frozen=True)
class TextWidget:
    """A note in Markdown."""

    place: Place
    markdown: str
    title: str = ""


@dataclass(frozen=True)
class AlarmWidget:
    """The states of some alarms."""

    place: Place
    title: str
    alarms: tuple[str, ...]  # ARNs


@dataclass(frozen=True)
class OtherWidget:
    """What cannot be drawn here, and why."""

    place: Place
    title: str
    why: str


Widget = MetricWidget | TextWidget | AlarmWidget | OtherWidget


@dataclass(frozen=True)
class Body:
    """A dashboard: its widgets, and how far back it looks where it says so."""

    widgets: tuple[Widget, ...]
    span: timedelta | None = None
