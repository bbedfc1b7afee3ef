"""The losses of two models in slices of the same rows: what a mean over all of them hides. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlops_lab.pipeline.groups import MISSING, SMALLEST_GROUP

Values = NDArray[np.float64]
MOST_VALUES = 12  # of a column of numbers that are slices each; of one with more, its quarters are


@dataclass(frozen=True)
class Slice:
    """Rows that have a value, or a range of values, in common; losses are means over them."""

    column: str
    value: str
    rows: int
    champion: float
    challenger: float

    @property
    def improvement(self) -> float:
        """How much smaller the challenger's loss is; negative where it is worse."""
        return self.champion - self.challenger

    def __str__(self) -> str:
        return f"{self.column} {self.value} ({self.rows:,} rows): {self.champion:.4f} -> {self.challenger:.4f}"


def by_slice(columns: pd.DataFrame, champion: Values, challenger: Values) -> tuple[Slice, ...]:
    """Compare losses in the slices of each column, the most improved last; slices under 100 rows are left out.

    Args:
        columns: What to slice by, one row for each loss.
        champion: The champion's loss of each row, shape (rows,).
        challenger: The challenger's.
    """
    losses = pd.DataFrame({"champion": champion, "challenger": challenger})
    found = [each for name in columns for each in _slices(str(name), _values(columns[name]), losses)]
    return tuple(sorted(found, key=lambda each: each.improvement))


def _slices(column: str, values: "pd.Series[str]", losses: pd.DataFrame) -> Iterator[Slice]:
    means = losses.groupby(values.to_numpy()).agg(["mean", "size"])
    for value, row in means.iterrows():
        if (rows := int(row["champion", "size"])) >= SMALLEST_GROUP:
            yield Slice(column, str(value), rows, float(row["champion", "mean"]), float(row["challenger", "mean"]))


def _values(column: "pd.Series[float]") -> "pd.Series[str]":
    named: pd.Series[str] = _cut(column).astype("object").map(str, na_action="ignore")
    return named.fillna(MISSING)


def _cut(column: "pd.Series[float]") -> "pd.Series[int]":
    if pd.api.types.is_numeric_dtype(column) and column.nunique() > MOST_VALUES:
        return pd.qcut(column.astype("float64"), 4, duplicates="drop").astype("object")
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        return column.astype("Int64")
    return column.astype("object")
