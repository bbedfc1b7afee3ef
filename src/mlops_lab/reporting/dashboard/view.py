"""A dashboard with its data: what the picture and the page draw."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from mlops_lab.reporting.dashboard.widget import Side, Widget

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA", "MISSING"]  # CloudWatch's, and that there is no such alarm


@dataclass(frozen=True)
class Series:
    """The values of one line, oldest first; moments are the starts of their periods, in seconds since the epoch."""

    label: str
    moments: Sequence[float]
    values: Sequence[float]
    period: int
    side: Side = "left"
    colour: str | None = None


@dataclass(frozen=True)
class Alarm:
    """An alarm and its state."""

    name: str
    state: State
    since: datetime | None = None
    reason: str = ""


@dataclass(frozen=True)
class Panel:
    """A widget and what is known of it now."""

    widget: Widget
    series: tuple[Series, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    trouble: str | None = None  # why its data could not be read

    @property
    def has_data(self) -> bool:
        """Whether any of its lines has a value in the span shown."""
        return any(each.values for each in self.series)


@dataclass(frozen=True)
class View:
    """A dashboard as it is at one moment."""

    name: str
    region: str
    start: datetime
    end: datetime
    panels: tuple[Panel, ...]
