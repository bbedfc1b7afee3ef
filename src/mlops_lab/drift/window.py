"""The window of the log that is looked at, as it is written on the command line."""

import re
from datetime import date, datetime, time, timedelta

import ibis
import ibis.expr.types as ir

from mlops_lab.errors import LabError
from mlops_lab.pipeline.counting import LOGGED_AT, moments
from mlops_lab.projects.project import Project, TimeSplit, Window

MONTH = re.compile(r"(\d{4})-(\d{2})")
LAST_MONTH = 12


def parse(text: str) -> Window | None:
    """Read a month (2020-04), a day (2020-04-15) or days (2020-04-01..2020-05-01, the last one outside); "": all.

    Raises:
        LabError: It is none of these.
    """
    if not text:
        return None
    try:
        first, range_of, last = text.partition("..")
        start, end = _span(first)
        window = Window(start, date.fromisoformat(last) if range_of else end)
    except ValueError:
        window = None
    if window is None or window.start >= window.end:
        raise LabError(
            f"WINDOW is {text!r}; use a month (2020-04), a day (2020-04-15) or days (2020-04-01..2020-05-01)."
        )
    return window


def spanned(first: str, last: str) -> Window:
    """Read the days from the start of a month or day up to the end of another.

    Raises:
        LabError: One of them is none, or they are the wrong way round.
    """
    start, end = parse(first), parse(last)
    if start is None or end is None or start.start >= end.end:
        raise LabError(f"FROM is {first!r} and TO {last!r}; use months such as FROM=2020-01 TO=2020-06.")
    return Window(start.start, end.end)


def clock(project: Project) -> str:
    """Return the column that a window is meant by: the requests' own time where they have one, else when they came."""
    column = project.split.column if isinstance(project.split, TimeSplit) else LOGGED_AT
    return column if column in {each.name for each in project.inputs} else LOGGED_AT


def within(log: ir.Table, column: str, window: Window | None) -> ir.Table:
    """Return the rows of a window.

    Raises:
        LabError: The log has no such column.
    """
    if window is None:
        return log
    if column not in log.columns:
        raise LabError(f"The log has no column {column!r}, by which WINDOW is meant; it has {', '.join(log.columns)}.")
    moment = moments(log[column])
    start, end = (ibis.timestamp(datetime.combine(day, time())) for day in (window.start, window.end))
    return log.filter(moment >= start, moment < end)


def told(window: Window | None) -> str:
    """A window in words."""
    return f"{window.start} up to {window.end}" if window else "all that is logged"


def _span(text: str) -> tuple[date, date]:
    if not (month := MONTH.fullmatch(text)):
        day = date.fromisoformat(text)
        return day, day + timedelta(days=1)
    first = date(int(month[1]), int(month[2]), 1)
    following = date(first.year + first.month // LAST_MONTH, first.month % LAST_MONTH + 1, 1)
    return first, following
