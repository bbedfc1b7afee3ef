"""Tables of the week-4 notebook: labels and what drops them, the model against its baselines, months to come."""

from collections.abc import Sequence

import pandas as pd

from mlops_lab.data.label import kept_by
from mlops_lab.pipeline.evaluate import Evaluation
from mlops_lab.projects.project import InMonth, Project, Within
from mlops_lab.reporting.trip_errors import Month

METRICS = {"mae": "mean error", "rmse": "root mean square", "error_p90": "90 % of errors below", "bias": "bias"}
NAMES = {"constant": "the median of all trips", "typical": "the median of the pair of zones"}


def totals(project: Project, frame: pd.DataFrame) -> pd.DataFrame:
    """Hold the counted column's values against what the publisher states; equal counts stand in one line."""
    dataset = project.dataset
    column = dataset.counted or project.target
    counts = frame[column].astype(str).value_counts()
    each = f"{counts.min():,}" if counts.min() == counts.max() else f"{counts.min():,} to {counts.max():,}"
    stated = sorted(set(dataset.totals.values()))
    rows = [
        (f"values of {column}", f"{len(counts)}", f"{len(dataset.totals)}"),
        ("rows of each", each, " to ".join(f"{value:,}" for value in stated)),
        ("total", f"{len(frame):,}", f"{dataset.rows:,}"),
    ]
    return pd.DataFrame(rows, columns=["", "in the file", "published"])


def filters(project: Project, frame: pd.DataFrame) -> pd.DataFrame:
    """List the label filters: how many rows break each one, alone, and how many keep all."""
    kept = [(_rule(rule), found) for rule, found in kept_by(project, frame)]
    rows = [(rule, f"{(~found).sum():,}") for rule, found in kept]
    everything = pd.concat([found for _, found in kept], axis=1).all(axis=1)
    rows += [("any of them", f"{(~everything).sum():,}"), ("total", f"{everything.sum():,} rows have a label")]
    return pd.DataFrame(rows, columns=["a label is believed where", "rows that break it"])


def against_baselines(evaluation: Evaluation) -> pd.DataFrame:
    """Compare the model with its baselines on the held-out rows."""
    found = {**{NAMES[name]: each for name, each in evaluation.baselines.items()}, "this model": evaluation.metrics}
    rows = [(name, *(f"{metrics[key]:.2f}" for key in METRICS)) for name, metrics in found.items()]
    return pd.DataFrame(rows, columns=["minutes, on the held-out rows", *METRICS.values()])


def retraining(months: Sequence[Month]) -> pd.DataFrame:
    """Compare the model as it stands with one that learns from the latest months only, by month."""
    compared = [(each, each.retrained) for each in months if each.retrained is not None]
    rows = [
        (each.name, f"{each.rows:,}", f"{each.error:.2f}", f"{again:.2f}", f"{each.error - again:+.2f}")
        for each, again in compared
    ]
    return pd.DataFrame(rows, columns=["month", "trips", "this model", "learnt from the 3 months before", "repaired"])


def _rule(rule: Within | InMonth) -> str:
    if isinstance(rule, InMonth):
        return f"{rule.time} lies in {rule.month}"
    bounds = ((rule.above, "above"), (rule.minimum, "at least"), (rule.maximum, "at most"))
    return f"{rule.column} is " + " and ".join(f"{word} {bound:g}" for bound, word in bounds if bound is not None)
