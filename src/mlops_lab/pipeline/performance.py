"""Performance where labels have arrived: the loss of the window's rows against the loss at training."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np

from mlops_lab.errors import LabError
from mlops_lab.pipeline.challenge import EDGE
from mlops_lab.pipeline.reference import Losses

FEWEST_LABELS = 200
WORSE = 0.2  # share of the reference's loss by which it must grow to be damage
NORMAL = 1.959963984540054  # two-sided 95 %
KEY = ("request_id", "row")


def absolute_error(label: ir.FloatingValue, score: ir.FloatingValue) -> ir.FloatingValue:
    """Loss of each row: the distance of score and label."""
    return (score - label).abs()


def log_loss(label: ir.FloatingValue, score: ir.FloatingValue) -> ir.FloatingValue:
    """Loss of each row: minus the log of the probability that the model gave to what was true (0 or 1)."""
    kept = score.clip(EDGE, 1 - EDGE)
    return -(label * kept.ln() + (1 - label) * (1 - kept).ln())


LOSSES: Mapping[str, Callable[[ir.FloatingValue, ir.FloatingValue], ir.FloatingValue]] = {
    "mae": absolute_error,
    "log_loss": log_loss,
}


@dataclass(frozen=True)
class Performance:
    """The mean loss of the labelled rows against the reference's."""

    metric: str
    rows: int
    reference: float
    mean: float
    interval: tuple[float, float]  # of the difference, 95 %, by the normal approximation of two independent means

    @property
    def known(self) -> bool:
        """Whether enough labels have arrived."""
        return self.rows >= FEWEST_LABELS

    @property
    def damaged(self) -> bool:
        """Whether the loss has grown by more than a fifth, and by more than the choice of rows explains."""
        return self.known and self.interval[0] > 0 and self.mean >= (1 + WORSE) * self.reference

    def __str__(self) -> str:
        if not self.known:
            return f"{self.rows} labels have arrived, at least {FEWEST_LABELS} are needed: damage cannot be seen"
        low, high = self.interval
        return (
            f"{self.metric} {self.mean:.4g} on {self.rows:,} labelled rows, {self.reference:.4g} at training "
            f"(difference {low:+.3g} to {high:+.3g}; damage is {WORSE:.0%} more)"
        )


def measure(log: ir.Table, labels: ir.Table, reference: Losses, positive: str | None = None) -> Performance:
    """Join labels to a window of the log by request and row, and hold the mean loss against the reference's.

    Args:
        log: The window.
        labels: Request, row and label: a number, or the name of a class.
        reference: The losses at training.
        positive: The class whose probability the score is; None: labels are numbers.

    Raises:
        LabError: A table lacks a column, labels are names of no class, or the metric has no loss for each row.
    """
    for name, table in (("log", log), ("labels", labels)):
        if lacking := {*KEY, "score" if name == "log" else "label"} - set(table.columns):
            raise LabError(
                f"The {name} have no column {', '.join(sorted(lacking))}; they have {', '.join(table.columns)}."
            )
    if reference.metric not in LOSSES:
        raise LabError(f"The metric {reference.metric!r} has no loss for each row; use one of {', '.join(LOSSES)}.")
    joined = log.select(*KEY, "score").inner_join(labels.select(*KEY, "label"), list(KEY))
    losses = joined.select(loss=LOSSES[reference.metric](_truth(joined.label, positive), joined.score))
    summary = losses.aggregate(
        rows=losses.loss.count(), mean=losses.loss.mean(), deviation=losses.loss.std(how="sample")
    )
    [row] = summary.to_pyarrow().to_pylist()
    return against(reference, row["rows"], row["mean"], row["deviation"])


def _truth(label: ir.Column, positive: str | None) -> ir.FloatingColumn:
    if not label.type().is_string():
        return label.cast("float64")
    if positive is None:
        raise LabError("The labels are text, and the model answers with numbers; deliver the label as a number.")
    return (label == positive).cast("float64")


def against(reference: Losses, rows: int, mean: float | None, deviation: float | None) -> Performance:
    """Hold the mean loss of rows against the reference's; of fewer than two rows nothing is known."""
    if rows < 2 or mean is None or deviation is None:
        return Performance(reference.metric, rows, reference.mean, float("nan"), (float("nan"), float("nan")))
    margin = NORMAL * float(np.sqrt(deviation**2 / rows + reference.deviation**2 / reference.rows))
    difference = mean - reference.mean
    return Performance(reference.metric, rows, reference.mean, mean, (difference - margin, difference + margin))
