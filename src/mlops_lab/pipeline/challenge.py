"""Champion against challenger: two models on the same held-out rows, and whether the new one is better by enough. Pure.

The interval is the percentile bootstrap of the paired difference (Efron and Tibshirani, An Introduction to the
Bootstrap, 1993, chapter 13): rows are drawn, never models, so that what both find hard cancels out.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlops_lab.pipeline.slices import Slice, by_slice

Values = NDArray[np.float64]
RESAMPLES = 2_000
LEVEL = 0.95
EDGE = 1e-15  # probabilities are kept so far from 0 and 1, as scikit-learn's log_loss does


def log_loss(truth: Values, scores: Values) -> Values:
    """Loss of each row: minus the log of the probability that the model gave to what was true."""
    kept = np.clip(scores, EDGE, 1 - EDGE)
    losses: Values = -(truth * np.log(kept) + (1 - truth) * np.log(1 - kept))
    return losses


def absolute_error(truth: Values, scores: Values) -> Values:
    """Loss of each row: the distance of score and truth, in the target's unit."""
    losses: Values = np.abs(scores - truth)
    return losses


LOSSES: Mapping[str, Callable[[Values, Values], Values]] = {"log_loss": log_loss, "mae": absolute_error}


@dataclass(frozen=True)
class Challenge:
    """What a challenger was found to be against a champion; losses are means over the rows, smaller is better."""

    metric: str
    rows: int
    champion_version: str
    champion: float
    challenger: float
    margin: float
    interval: tuple[float, float]  # of the improvement
    slices: Sequence[Slice] = ()  # the one that the challenger is worst in first

    @property
    def improvement(self) -> float:
        """How much smaller the challenger's loss is; negative where it is worse."""
        return self.champion - self.challenger

    @property
    def passed(self) -> bool:
        """Whether the challenger is better by the margin at least, and by more than the choice of rows explains."""
        return self.improvement >= self.margin and self.interval[0] > 0

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{self.metric} is {self.challenger:.4f}, the champion's (version {self.champion_version}) "
            f"{self.champion:.4f} on the same {self.rows:,} rows: better by {self.improvement:.4f} "
            f"({LEVEL:.0%} interval {low:.4f} to {high:.4f}), must be at least {self.margin:g} and not by chance"
            f"{self._in_slices}"
        )

    @property
    def _in_slices(self) -> str:
        """What a mean over all rows hides, in words; it is stated and refuses nothing."""
        if not self.slices:
            return ""
        worse = sum(each.improvement < 0 for each in self.slices)
        return f"; worse in {worse} of {len(self.slices)} slices, least good in {self.slices[0]}"


def challenge(
    metric: str,
    truth: NDArray[np.generic],
    champion: tuple[str, Values],
    challenger: Values,
    margin: float,
    sliced: pd.DataFrame | None = None,
) -> Challenge:
    """Compare a challenger with the champion.

    Args:
        metric: The project's metric, one of `LOSSES`.
        truth: What was true, shape (rows,): 0 or 1, or the target's value.
        champion: Its version, and its scores of the rows.
        challenger: The challenger's scores of the rows.
        margin: By how much it must be better, in the metric's unit.
        sliced: Columns by whose values the losses are also stated, one row for each score.

    Raises:
        KeyError: The metric has no loss for each row.
    """
    version, scores = champion
    loss, known = LOSSES[metric], truth.astype(np.float64)
    before, after = loss(known, scores.astype(np.float64)), loss(known, challenger.astype(np.float64))
    interval = _interval(before - after)
    slices = () if sliced is None else by_slice(sliced, before, after)
    return Challenge(metric, len(known), version, float(before.mean()), float(after.mean()), margin, interval, slices)


def _interval(differences: Values) -> tuple[float, float]:
    """Percentile interval of the mean; the draws are the same every time, so that a verdict can be repeated."""
    random = np.random.default_rng(0)
    rows = len(differences)
    means = [differences[random.integers(0, rows, rows)].mean() for _ in range(RESAMPLES)]
    low, high = np.quantile(means, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    return float(low), float(high)
