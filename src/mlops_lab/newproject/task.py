"""What is asked of a column: yes or no, or how much."""

from typing import Any

import pandas as pd

from mlops_lab.errors import LabError
from mlops_lab.newproject.profile import Profile
from mlops_lab.newproject.source import SMALLEST
from mlops_lab.projects.project import Classification, CostMatrix, Regression

RAREST = 20  # rows of a class, so that each part of the table holds some
YES = ("true", "yes", "1", "1.0", "y", "t", "positive", "churned", "default")
CLASSES_SHOWN = 5


def classes(label: Profile) -> "pd.Series[str]":
    """Return the two classes of a label as text, row by row."""
    return label.values.astype("str")


def is_classification(label: Profile) -> bool:
    """Whether a label is a yes or no: two values of any kind."""
    return label.distinct == 2 or label.reading.kind == "category"


def task(label: Profile, typical: tuple[str, ...]) -> Classification | Regression:
    """Choose the task that a label allows.

    Args:
        label: The column, without its missing values.
        typical: The columns of a regression's baseline.

    Raises:
        LabError: There are too few labels, one class, more than two, or times.
    """
    _refuse_useless(label)
    if not is_classification(label):
        return Regression(label.name, typical)
    counts = classes(label).value_counts()
    if len(counts) > 2:
        shown = ", ".join(map(repr, counts.index[:CLASSES_SHOWN]))
        raise LabError(
            f"LABEL {label.original!r} has {len(counts)} classes ({shown}...); the lab answers yes or no, or a number:"
            f" make a column of two values, such as whether it is {counts.index[0]!r}."
        )
    if counts.iloc[-1] < RAREST:
        raise LabError(
            f"LABEL {label.original!r} is {counts.index[-1]!r} in {counts.iloc[-1]} rows; {RAREST} are needed to learn"
            " from and be judged by."
        )
    positive = _positive(counts)
    (negative,) = set(counts.index) - {positive}
    return Classification(negative, positive, CostMatrix(1, 1, "mistakes"))


def _refuse_useless(label: Profile) -> None:
    name, rows = label.original, int(label.values.notna().sum())
    if rows == 0:
        raise LabError(f"LABEL {name!r} is missing in every row; name a column that says what is to be predicted.")
    if label.distinct == 1:
        raise LabError(f"LABEL {name!r} is always {str(label.values.dropna().iloc[0])!r}; there is nothing to predict.")
    if label.reading.kind == "time":
        raise LabError(f"LABEL {name!r} is a time; use a number, such as the days up to it, or a yes or no.")
    if rows < SMALLEST:
        raise LabError(f"LABEL {name!r} is there in {rows} rows; a model needs {SMALLEST} at least.")


def _positive(counts: "pd.Series[Any]") -> str:
    """Return the class that says yes, or the rarer one: it is what one looks for."""
    return next((str(each) for each in counts.index if str(each).lower() in YES), str(counts.index[-1]))
