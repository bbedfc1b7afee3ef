"""What a project is: data and decisions as frozen values, so that the rest of the lab never asks for its name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Kind = Literal["integer", "number", "category"]
Cell: TypeAlias = str | float | None


@dataclass(frozen=True)
class Column:
    """A column of the raw table and what may stand in it.

    Bounds are inclusive. In the raw data a category must be one of ``categories``; in a request a new one is
    accepted, because the world may hold values that the training data did not.
    """

    name: str
    kind: Kind
    description: str
    minimum: float | None = None
    maximum: float | None = None
    categories: tuple[str, ...] = ()
    nullable: bool = False


@dataclass(frozen=True)
class Dataset:
    """A file under ``data/``, what it must hash to, and what its publisher says it holds."""

    file: str
    sha256: str
    rows: int
    totals: Mapping[str, int]  # target value -> rows
    source: str
    licence: str


@dataclass(frozen=True)
class CostMatrix:
    """What a wrong decision costs, in the unit stated; a right one costs nothing."""

    false_positive: float
    false_negative: float
    unit: str


@dataclass(frozen=True)
class Classification:
    """A yes/no question: the model answers with the probability of ``positive``."""

    negative: str
    positive: str
    costs: CostMatrix
    kind: Literal["classification"] = "classification"


@dataclass(frozen=True)
class StratifiedSplit:
    """Random rows, each part with the target's own proportions; what is left is for training."""

    validation: float
    test: float


@dataclass(frozen=True)
class Gate:
    """A bound that a metric on the held-out rows must keep before a model is registered."""

    metric: str
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class Project:
    """A machine-learning project from raw table to decision.

    Every column is either the target, excluded with a reason, or an input: a field of the request which the model
    sees. Protected columns are kept beside the rows to measure the model by group, whether it sees them or not.
    """

    name: str
    title: str
    dataset: Dataset
    columns: tuple[Column, ...]
    target: str
    task: Classification
    split: StratifiedSplit
    estimator: Callable[[int], Any]  # seed -> an unfitted scikit-learn estimator
    metric: str  # the one that champion and challenger are compared by; smaller is better
    margin: float  # by how much a challenger must be better, in the metric's unit
    gates: tuple[Gate, ...]
    example: Mapping[str, Cell]
    excluded: Mapping[str, str] = field(default_factory=dict)  # column -> why the model may not see it
    protected: tuple[str, ...] = ()
    search_space: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # the estimator's parameter -> its values

    def __post_init__(self) -> None:
        """Refuse a project that contradicts itself."""
        known = {column.name for column in self.columns}
        if strangers := {self.target, *self.excluded, *self.protected} - known:
            raise ValueError(f"{self.name}: {sorted(strangers)} are not columns")
        if set(self.example) != {column.name for column in self.inputs}:
            raise ValueError(f"{self.name}: the example must name exactly the inputs")

    @property
    def inputs(self) -> tuple[Column, ...]:
        """The columns that a request holds and the model sees, in the table's order."""
        return tuple(column for column in self.columns if column.name not in {self.target, *self.excluded})
