"""Which rows a model learns from and which it is judged by."""

from datetime import timedelta
from itertools import pairwise

import pandas as pd

from mlops_lab.errors import LabError
from mlops_lab.newproject.profile import Profile
from mlops_lab.newproject.source import SMALLEST
from mlops_lab.projects.project import RandomSplit, StratifiedSplit, TimeSplit, Window

VALIDATION, TEST = 0.15, 0.2
FEWEST = 20  # rows of a window that others are judged or decided by


def by_chance(classification: bool) -> StratifiedSplit | RandomSplit:
    """Draw rows; those of a class in its own proportion. Nothing is decided on rows of its own for a regression."""
    return StratifiedSplit(VALIDATION, TEST) if classification else RandomSplit(0.0, TEST)


def by_time(time: Profile, label: "pd.Series[str] | None") -> TimeSplit:
    """Cut a table into windows of whole days, so that a model is judged by rows after those it learnt from.

    Args:
        time: The column of the row's time.
        label: The classes row by row, or None for a regression, which has no validation window.

    Raises:
        LabError: The column is no time, or a window would hold too few rows or one class.
    """
    advice = "leave TIME out, and rows are drawn at random."
    if time.reading.kind != "time" or time.reading.problem:
        raise LabError(f"TIME {time.original!r} is no time but {time.reading.problem or time.reading.kind}; {advice}")
    days = time.values.dropna().dt.floor("D")
    shares = (0.0, 1 - TEST) if label is None else (0.0, 1 - TEST - VALIDATION, 1 - TEST)
    starts = [days.quantile(share, interpolation="higher").date() for share in shares] if len(days) else []
    edges = [*starts, days.max().date() + timedelta(days=1)] if len(days) else []
    if len(set(edges)) < len(shares) + 1:
        raise LabError(f"TIME {time.original!r} has too few different days ({days.nunique()}) to be cut; {advice}")
    windows = [Window(start, end) for start, end in pairwise(edges)]
    for window in windows:
        _refuse_poor(time, window, SMALLEST if window is windows[0] else FEWEST, label, advice)
    return TimeSplit(time.name, windows[0], windows[-1], windows[1] if len(windows) > 2 else None)


def _refuse_poor(time: Profile, window: Window, fewest: int, label: "pd.Series[str] | None", advice: str) -> None:
    start, end = pd.Timestamp(window.start), pd.Timestamp(window.end)
    rows = time.values.between(start, end, inclusive="left")
    where = f"TIME {time.original!r} leaves the window from {window.start} up to {window.end}"
    if rows.sum() < fewest:
        raise LabError(f"{where} {int(rows.sum())} rows, {fewest} are needed; {advice}")
    if label is not None and label[rows].nunique() < 2:
        raise LabError(f"{where} rows of one class only; {advice}")
