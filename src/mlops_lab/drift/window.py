"""The window of the log that is looked at: by which clock it is meant, and which rows lie in it."""

from datetime import datetime, time

import ibis
import ibis.expr.types as ir

from mlops_lab.errors import LabError
from mlops_lab.pipeline.counting import LOGGED_AT, moments
from mlops_lab.projects.project import Project, Window


def clock(project: Project) -> str:
    """Return the column that a window is meant by: the requests' own time where they have one, else when they came."""
    return project.clock or LOGGED_AT


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
