"""Days as they are written on the command line."""

import re
from datetime import date, timedelta

from mlops_lab.errors import LabError
from mlops_lab.projects.project import Window

MONTH = re.compile(r"(\d{4})-(\d{2})")
LAST_MONTH = 12


def parse(text: str, called: str = "WINDOW") -> Window | None:
    """Read a month (2020-04), a day (2020-04-15) or days (2020-04-01..2020-05-01, the last one outside); "": all.

    Args:
        text: As it was written.
        called: What the user knows it by.

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
            f"{called} is {text!r}; use a month (2020-04), a day (2020-04-15) or days (2020-04-01..2020-05-01)."
        )
    return window


def spanned(first: str, last: str) -> Window:
    """Read the days from the start of a month or day up to the end of another.

    Raises:
        LabError: One of them is none, or they are the wrong way round.
    """
    start, end = parse(first, "FROM"), parse(last, "TO")
    if start is None or end is None or start.start >= end.end:
        raise LabError(f"FROM is {first!r} and TO {last!r}; use months such as FROM=2020-01 TO=2020-06.")
    return Window(start.start, end.end)


def _span(text: str) -> tuple[date, date]:
    if not (month := MONTH.fullmatch(text)):
        day = date.fromisoformat(text)
        return day, day + timedelta(days=1)
    first = date(int(month[1]), int(month[2]), 1)
    following = date(first.year + first.month // LAST_MONTH, first.month % LAST_MONTH + 1, 1)
    return first, following
