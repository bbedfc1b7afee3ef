"""What is derived from the columns of a request, cell by cell: the same for a table and for one row."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

EPOCH = date(1970, 1, 1).toordinal()


def derive(how: str, *sources: Sequence[Any]) -> list[Any]:
    """Derive a value for each row; it is None where a source is.

    Args:
        how: One of the project's derivations.
        sources: Columns of equal length; times are datetimes or ISO 8601 text without an offset.
    """
    function = _DERIVATIONS[how]
    return [None if any(cell is None for cell in cells) else function(*cells) for cells in zip(*sources, strict=True)]


def _text(value: float) -> str:
    return str(int(value))  # a request may write 161 as 161.0


def _pair(first: float, second: float) -> str:
    return f"{_text(first)}-{_text(second)}"


def _minute_of_day(time: datetime | str) -> int:
    moment = _moment(time)
    return 60 * moment.hour + moment.minute


def _weekday(time: datetime | str) -> int:
    return _moment(time).weekday()


def _month(time: datetime | str) -> int:
    return _moment(time).month


def _day(time: datetime | str) -> int:
    return _moment(time).toordinal() - EPOCH


def _moment(time: datetime | str) -> datetime:
    return datetime.fromisoformat(time) if isinstance(time, str) else time


_DERIVATIONS: Mapping[str, Callable[..., Any]] = {
    "text": _text,
    "pair": _pair,
    "minute_of_day": _minute_of_day,
    "weekday": _weekday,
    "month": _month,
    "day": _day,
}
CATEGORIES = ("text", "pair")  # the derivations that give text
