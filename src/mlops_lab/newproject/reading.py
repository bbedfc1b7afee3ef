"""What the values of a column are: whole numbers, numbers, times or categories, whatever the file made of them."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from mlops_lab.projects.project import Kind

LONGEST = 100  # characters of a category; a request may hold no longer one
LARGEST_WHOLE = 2**53  # beyond it a float is not exact
LARGEST_NUMBER = float(np.finfo(np.float32).max)  # beyond it the model sees infinity
YEARS = range(1900, 2100)  # that a request may name
CLOCKS = ("", " %H:%M", " %H:%M:%S")
DATES = {
    "%Y/%m/%d": "year/month/day",
    "%d.%m.%Y": "day.month.year",
    "%m/%d/%Y": "month/day/year",
    "%d/%m/%Y": "day/month/year",
}
LOOKS_LIKE_A_DATE = r"\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:\D.*)?"
ZONE = r".*\d(?:Z|[+-]\d\d:?\d\d)\s*"


@dataclass(frozen=True)
class Reading:
    """A column as the lab reads it, and what of it cannot be a field of a request."""

    kind: Kind
    values: "pd.Series[Any]"
    read_as: str = ""  # how times were understood
    problem: str = ""


def read_values(values: "pd.Series[Any]") -> Reading:
    """Read a column by its values; what is blank, infinite or too large for a float of 32 bits counts as missing."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.cat.categories.dtype)
    present = values.dropna()
    if present.empty:
        return Reading("number", pd.Series(np.nan, values.index, dtype="float64"), problem="it is empty")
    if pd.api.types.is_bool_dtype(present.dtype) or _all(present, bool | np.bool_):
        return Reading("category", values.map({True: "true", False: "false"}).astype("str"))
    if pd.api.types.is_numeric_dtype(values.dtype) or _all(present, int | float | Decimal):
        return _numbers(values)
    if pd.api.types.is_datetime64_any_dtype(values.dtype) or _all(present, date):
        return _times(pd.to_datetime(values, errors="coerce", utc=True), "UTC" if _is_zoned(values) else "")
    if _all(present, str):
        return _moments(values) or _text(values)
    return _text(values.map(str, na_action="ignore"), f"its values are of type {type(present.iloc[0]).__name__}")


def _numbers(values: "pd.Series[Any]") -> Reading:
    had_missing, was_float = bool(values.isna().any()), pd.api.types.is_float_dtype(values.dtype)
    if values.dtype == object:
        values = values.map(_in_range)
    numbers = pd.to_numeric(values, errors="coerce").astype("Float64").astype("float64")
    numbers = numbers.where(numbers.abs() <= LARGEST_NUMBER)
    present = numbers.dropna()
    if present.empty:
        return Reading("number", numbers, problem="it holds no finite number")
    # A file has no missing whole number: one that misses some is read as floats.
    whole = bool(((present % 1 == 0) & (present.abs() <= LARGEST_WHOLE)).all()) and (had_missing or not was_float)
    if not whole:
        return Reading("number", numbers)
    return Reading("integer", numbers.astype("Int64" if numbers.isna().any() else "int64"))


def _in_range(number: Any) -> Any:
    """Return infinity for a whole number that no float can hold."""
    return np.inf if isinstance(number, int) and abs(number) > LARGEST_NUMBER else number


def _moments(values: "pd.Series[Any]") -> Reading | None:
    """Read text as times where every value is one in the same format."""
    text = values.where(values.str.strip() != "").astype("str")
    present = text.dropna()
    if present.empty or not present.str.fullmatch(LOOKS_LIKE_A_DATE).all():
        return None
    formats = {"ISO8601": "UTC" if present.str.fullmatch(ZONE).any() else ""}
    formats |= {day + clock: f"read as {told}" for day, told in DATES.items() for clock in CLOCKS}
    for format_, told in formats.items():
        times = pd.to_datetime(text, format=format_, errors="coerce", utc=True)
        if times.notna().sum() == len(present):
            return _times(times, told)
    return None


def _times(times: "pd.Series[Any]", read_as: str) -> Reading:
    clock = times.dt.tz_localize(None).dt.floor("s").astype("datetime64[us]")
    years = clock.dt.year.dropna()
    outside = not years.between(YEARS.start, YEARS.stop - 1).all()
    problem = f"it holds times outside {YEARS.start} to {YEARS.stop - 1}" if outside else ""
    return Reading("time", clock, read_as, problem)


def _text(values: "pd.Series[Any]", problem: str = "") -> Reading:
    text = values.where(values.str.strip() != "").astype("str")
    longest = text.str.len().max()
    if pd.isna(longest):
        return Reading("category", text, problem="it is empty")
    if longest > LONGEST:
        problem = problem or f"free text: a value has {int(longest)} characters"
    return Reading("category", text, problem=problem)


def _all(present: "pd.Series[Any]", types: Any) -> bool:
    if present.dtype == "str":
        return types is str
    return all(isinstance(value, types) for value in present)


def _is_zoned(values: "pd.Series[Any]") -> bool:
    return isinstance(values.dtype, pd.DatetimeTZDtype)
