"""The decision by protected group."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlops_lab.pipeline.metrics import Labels, Scores, decision_rates

SMALLEST_GROUP = 100  # below it a rate says little: its standard error may exceed 5 points
SMALL = "(groups under 100 rows)"
MISSING = "(missing)"


@dataclass(frozen=True)
class GroupMetrics:
    """How the decision treats one group; a rate is NaN where the group holds nobody to divide by."""

    attribute: str
    group: str
    rows: int
    base_rate: float
    selection_rate: float
    true_positive_rate: float
    false_positive_rate: float


def by_group(
    attribute: str, groups: "pd.Series[str]", truth: Labels, scores: Scores, threshold: float
) -> list[GroupMetrics]:
    """Measure the decision in every group of an attribute, the largest first; small groups stand together."""
    names = groups.fillna(MISSING).to_numpy(dtype=object)
    values, counts = np.unique(names, return_counts=True)
    small = values[counts < SMALLEST_GROUP]
    names = np.where(np.isin(names, small), SMALL, names)
    found = [_measure(attribute, str(name), names == name, truth, scores >= threshold) for name in np.unique(names)]
    return sorted(found, key=lambda group: -group.rows)


def largest_gap(groups: list[GroupMetrics], rate: str) -> float:
    """Difference of the highest and lowest rate of one attribute's groups, without those where it is NaN."""
    rates = np.array([getattr(group, rate) for group in groups], dtype=float)
    rates = rates[~np.isnan(rates)]
    return float(np.ptp(rates)) if len(rates) else 0.0


def _measure(
    attribute: str, name: str, members: NDArray[np.bool_], truth: Labels, chosen: NDArray[np.bool_]
) -> GroupMetrics:
    rates = decision_rates(truth[members], chosen[members])
    del rates["precision"]
    return GroupMetrics(attribute, name, int(members.sum()), **rates)
