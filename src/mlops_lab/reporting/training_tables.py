"""Tables of the week-3 notebook: the data, the columns' roles, the model against its baselines and by group."""

from collections.abc import Mapping, Sequence
from math import isnan, sqrt

import pandas as pd

from mlops_lab.pipeline.evaluate import Evaluation
from mlops_lab.pipeline.groups import GroupMetrics
from mlops_lab.pipeline.search import Trial
from mlops_lab.projects.project import Column, Project

METRICS = ("auc", "log_loss", "brier", "calibration_error")
Z = 1.96  # of a 95 % interval


def totals(project: Project, frame: pd.DataFrame) -> pd.DataFrame:
    """Hold the rows of each target value against what the publisher states."""
    counts: Mapping[object, int] = frame[project.target].value_counts().to_dict()
    rows = [(value, f"{counts.get(value, 0):,}", f"{stated:,}") for value, stated in project.dataset.totals.items()]
    rows.append(("total", f"{len(frame):,}", f"{project.dataset.rows:,}"))
    return pd.DataFrame(rows, columns=[project.target, "rows in the file", "published"])


def columns(project: Project, frame: pd.DataFrame) -> pd.DataFrame:
    """List the table's columns: what each holds, how much is missing, and what the model may do with it."""
    rows = [
        (
            each.name,
            each.kind,
            f"{frame[each.name].nunique():,}",
            f"{frame[each.name].isna().mean():.1%}",
            _role(project, each),
        )
        for each in project.columns
    ]
    return pd.DataFrame(rows, columns=["column", "kind", "values", "missing", "the model"])


def against_baselines(evaluation: Evaluation) -> pd.DataFrame:
    """Compare the model with its baselines on the held-out rows."""
    found = {**evaluation.baselines, "this model": evaluation.metrics}
    rows = [(name, *(f"{metrics[key]:.4f}" for key in METRICS)) for name, metrics in found.items()]
    return pd.DataFrame(rows, columns=["on the held-out rows", *METRICS])


def by_group(groups: Sequence[GroupMetrics]) -> pd.DataFrame:
    """List the decision by protected group; the true positive rate with Wilson's 95 % interval."""
    rows = [
        (
            each.attribute,
            each.group,
            f"{each.rows:,}",
            f"{each.base_rate:.1%}",
            f"{each.selection_rate:.1%}",
            _rate(each.true_positive_rate, round(each.rows * each.base_rate)),
            f"{each.false_positive_rate:.1%}",
        )
        for each in groups
    ]
    names = ["attribute", "group", "rows", "positive", "chosen", "true positive rate", "false positive rate"]
    return pd.DataFrame(rows, columns=names)


def trials(found: Sequence[Trial]) -> pd.DataFrame:
    """List the combinations of a search, the best first."""
    rows = [
        (", ".join(f"{name}={value}" for name, value in each.parameters.items()), f"{each.loss:.4f}") for each in found
    ]
    return pd.DataFrame(rows, columns=["parameters", "loss over the folds"])


def _role(project: Project, column: Column) -> str:
    if column.name == project.target:
        return "predicts it"
    if column.name in project.excluded:
        return f"may not see it: {project.excluded[column.name]}"
    return "sees it"


def _rate(rate: float, count: int) -> str:
    """A rate with Wilson's interval (Wilson, 1927)."""
    if isnan(rate) or not count:
        return "none"
    middle = (rate + Z**2 / (2 * count)) / (1 + Z**2 / count)
    half = Z / (1 + Z**2 / count) * sqrt(rate * (1 - rate) / count + Z**2 / (4 * count**2))
    return f"{rate:.1%} ({middle - half:.0%} to {middle + half:.0%})"
