"""Drift: a window of the prediction log against the reference that its model was trained with, and the verdict. Pure.

A feature has drifted where chance does not explain the difference (p-values adjusted over everything that is tested)
and the difference is large enough to matter; either alone is no drift. Large samples make every difference
significant, small ones make chance look large.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from mlops_lab.pipeline.comparison import Comparison, adjusted, categories, numbers
from mlops_lab.pipeline.counting import CYCLES, LOGGED_AT, TREND, Tally
from mlops_lab.pipeline.features import Feature
from mlops_lab.pipeline.performance import Performance
from mlops_lab.pipeline.reference import SCORE, CategoryReference, Reference

Verdict = Literal["not enough data", "none", "data drift", "damage"]
LEVELS: Mapping[Verdict, int] = {"none": 0, "data drift": 1, "damage": 2}
FEWEST_ROWS = 500  # of fewer, chance alone moves the index of ten bins by a tenth of what counts as a shift, and more
TYPICAL = 0.99  # share of the rows by which the days of a window are counted: a wrong clock makes no day
WHOLE = 0.9  # of a cycle that a window must cover for a calendar feature to be comparable


@dataclass(frozen=True)
class Drift:
    """The outcome of a window."""

    version: str
    rows: int
    days: int  # on which nearly all rows were logged
    features: tuple[Comparison, ...]  # none where there are too few rows
    score: Comparison | None
    performance: Performance | None  # None: no labels were given

    @property
    def compared(self) -> tuple[Comparison, ...]:
        """Features and score."""
        return (*self.features, *([self.score] if self.score else []))

    @property
    def drifted(self) -> tuple[Comparison, ...]:
        """What has drifted, of features and score."""
        return tuple(each for each in self.compared if each.drifted)

    @property
    def verdict(self) -> Verdict:
        """Damage where labels show it; else drift of data or score; too few rows never mean that there is none."""
        if self.rows < FEWEST_ROWS:
            return "not enough data"
        if self.performance is not None and self.performance.damaged:
            return "damage"
        return "data drift" if self.drifted else "none"

    @property
    def reasons(self) -> tuple[str, ...]:
        """What the verdict rests on, in words."""
        if self.rows < FEWEST_ROWS:
            return (f"{self.rows} rows of version {self.version}, at least {FEWEST_ROWS} are needed",)
        labels = str(self.performance) if self.performance else "no labels have arrived: damage cannot be seen"
        return (labels, *(reason for each in self.drifted for reason in each.reasons))


def compare(reference: Reference, tally: Tally, performance: Performance | None = None) -> Drift:
    """Compare a window's counts with a reference, and its losses where labels have arrived."""
    days = {name: _days(counts) for name, counts in tally.days.items()}
    if tally.rows < FEWEST_ROWS:
        return Drift(reference.version, tally.rows, days[LOGGED_AT], (), None, performance)
    compared = [_feature(each, reference, tally, days) for each in reference.features]
    *features, score = adjusted([*compared, numbers(SCORE, reference.score, tally.numbers[SCORE], tally.rows)])
    return Drift(reference.version, tally.rows, days[LOGGED_AT], tuple(features), score, performance)


def _feature(feature: Feature, reference: Reference, tally: Tally, days: Mapping[str, int]) -> Comparison:
    name, described = feature.name, reference.described[feature.name]
    if isinstance(described, CategoryReference):
        return categories(name, described, tally.categories[name], tally.rows)
    compared = numbers(name, described, tally.numbers[name], tally.rows)
    if feature.how == TREND:
        return replace(compared, left_out="days go on by themselves")
    cycle = CYCLES.get(feature.how or "")
    if cycle is None or (covered := days[feature.sources[0]]) >= WHOLE * cycle:
        return compared
    return replace(compared, left_out=f"the window covers {covered} of the {cycle} days of its cycle")


def _days(counts: Sequence[int]) -> int:
    """The fewest days that hold nearly all rows."""
    cumulated = np.cumsum(sorted(counts, reverse=True))
    return int(np.searchsorted(cumulated, TYPICAL * cumulated[-1])) + 1 if len(cumulated) else 0
