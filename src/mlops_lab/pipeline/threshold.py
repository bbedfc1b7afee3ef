"""The threshold that costs least, from a stated cost matrix."""

import numpy as np

from mlops_lab.pipeline.metrics import Labels, Scores
from mlops_lab.projects.project import CostMatrix


def cheapest(truth: Labels, scores: Scores, costs: CostMatrix) -> float:
    """Return the threshold at which ``score >= threshold`` costs least on these rows; of equal ones the lowest.

    It lies midway between two neighbouring scores, so that a rounding error moves no row across it. It is 0 where
    choosing every row is cheapest, and 1 (or just above a score of 1) where choosing none is.
    """
    values, where = np.unique(scores, return_inverse=True)
    negatives = np.bincount(where, weights=truth == 0, minlength=len(values))
    positives = np.bincount(where, weights=truth == 1, minlength=len(values))
    # Element i: at a threshold just below values[i]; the last element: above all scores.
    false_positives = np.append(np.cumsum(negatives[::-1])[::-1], 0)
    false_negatives = np.append(0, np.cumsum(positives))
    best = int(np.argmin(costs.false_positive * false_positives + costs.false_negative * false_negatives))
    above = np.nextafter(values, np.inf)
    between = np.maximum((values[:-1] + values[1:]) / 2, above[:-1])  # the mean of two adjacent floats is one of them
    return float([0.0, *between, max(1.0, above[-1])][best])
