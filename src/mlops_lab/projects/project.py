"""What a project is: data and decisions as frozen values, so that the rest of the lab never asks for its name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeAlias

Kind = Literal["integer", "number", "category", "time"]  # a time is a clock's: it has no zone
Derivation = Literal["text", "pair", "minute_of_day", "weekday", "month", "day"]
Encoding = Literal["one-hot", "target"]
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
    totals: Mapping[str, int]  # value of the counted column -> rows; none where nothing is counted
    source: str
    licence: str
    counted: str | None = None  # the column that the totals count; None: the target
    labelled: int | None = None  # rows that the label filters keep; None: not stated


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
class Regression:
    """How much: the model answers with a number in `unit`.

    `typical` names the columns whose groups' medians are the baseline that a model has to beat; where it names none,
    that is the median of all.
    """

    unit: str
    typical: tuple[str, ...]
    kind: Literal["regression"] = "regression"


@dataclass(frozen=True)
class Elapsed:
    """A target that is no column: minutes from one time of the row to another one."""

    start: str
    end: str


@dataclass(frozen=True)
class Within:
    """A label filter: keeps rows whose value lies within bounds, both inclusive, and above one that is not."""

    column: str
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None


@dataclass(frozen=True)
class InMonth:
    """A label filter: keeps rows whose time lies in the month (``2019-01``) that another column states."""

    time: str
    month: str


@dataclass(frozen=True)
class Derived:
    """A feature computed from columns of the request; these are then no features themselves."""

    name: str
    how: Derivation
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Window:
    """Days from `start` up to `end`, which is outside."""

    start: date
    end: date

    def __str__(self) -> str:
        return f"{self.start}..{self.end}"


@dataclass(frozen=True)
class TimeSplit:
    """Rows by the time in a column: windows one after the other; what lies in none of them is left out."""

    column: str
    train: Window
    test: Window
    validation: Window | None = None  # None: nothing is decided on rows of its own

    def __post_init__(self) -> None:
        """Refuse windows that overlap or would judge a model by rows older than those it learnt from."""
        windows = [each for each in (self.train, self.validation, self.test) if each is not None]
        days = [day for window in windows for day in (window.start, window.end)]
        if days != sorted(days) or any(window.start == window.end for window in windows):
            raise ValueError(f"the windows of a split must follow one another: {days}")


@dataclass(frozen=True)
class StratifiedSplit:
    """Random rows, each part with the target's own proportions; what is left is for training."""

    validation: float
    test: float


@dataclass(frozen=True)
class RandomSplit:
    """Random rows; what is left is for training."""

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
    sees, as it is or through what is derived from it. Protected columns are kept beside the rows to measure the model
    by group, whether it sees them or not. A target that is no column has a `label` which says how it is computed.
    """

    name: str
    number: int  # the place in which it came: its images are named by it
    title: str
    dataset: Dataset
    columns: tuple[Column, ...]
    target: str
    task: Classification | Regression
    split: StratifiedSplit | RandomSplit | TimeSplit
    estimator: Callable[[int], Any]  # seed -> an unfitted scikit-learn estimator
    metric: str  # the one that champion and challenger are compared by; smaller is better
    margin: float  # by how much a challenger must be better, in the metric's unit
    gates: tuple[Gate, ...]
    example: Mapping[str, Cell]
    excluded: Mapping[str, str] = field(default_factory=dict)  # column -> why the model may not see it
    protected: tuple[str, ...] = ()
    slices: tuple[str, ...] = ()  # columns, or what is derived, by which the gate states champion and challenger
    search_space: Mapping[str, Sequence[Any]] = field(default_factory=dict)  # the estimator's parameter -> its values
    label: Elapsed | None = None
    filters: tuple[Within | InMonth, ...] = ()  # of labels, never of requests
    derived: tuple[Derived, ...] = ()
    encoding: Encoding = "one-hot"  # of categories
    capacity: Mapping[str, int] = field(default_factory=dict)  # of its tasks, where Terraform's defaults do not suit
    intended: str = ""  # what the model is for, as its card says; empty: the title
    limits: tuple[str, ...] = ()  # what it cannot do, as its card says, a sentence each
    report: int | None = None  # the week whose notebook reports on its training by the clock; None: none does

    def __post_init__(self) -> None:
        """Refuse a project that contradicts itself."""
        known = {column.name for column in self.columns}
        targets = set() if self.label else {self.target}
        if (
            strangers := {*targets, *self.excluded, *self.protected, *self.slices}
            - known
            - {each.name for each in self.derived}
        ):
            raise ValueError(f"{self.name}: {sorted(strangers)} are not columns")
        inputs = {column.name for column in self.inputs}
        if set(self.example) != inputs:
            raise ValueError(f"{self.name}: the example must name exactly the inputs")
        if hidden := {source for each in self.derived for source in each.sources} - inputs:
            raise ValueError(f"{self.name}: {sorted(hidden)} are no inputs, nothing may be derived from them")

    @property
    def clock(self) -> str | None:
        """The input that holds a request's own time, by which the rows are split; None where requests have none."""
        column = self.split.column if isinstance(self.split, TimeSplit) else None
        return column if column in {each.name for each in self.inputs} else None

    @property
    def inputs(self) -> tuple[Column, ...]:
        """The columns that a request holds and the model sees, in the table's order."""
        return tuple(column for column in self.columns if column.name not in {self.target, *self.excluded})
