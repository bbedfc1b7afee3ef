"""Errors of a model of trips: by hour, by zone, by the months after those it learnt from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from mlops_lab.data.label import labelled
from mlops_lab.data.split import split
from mlops_lab.pipeline import baselines, train
from mlops_lab.pipeline.train import Model, labels
from mlops_lab.projects.project import Project, Regression, TimeSplit, Window

LATEST = 3  # months that a retrained model learns from
SMALLEST = 5  # trips that are alike; of fewer the median says little


@dataclass(frozen=True)
class Month:
    """A month after the training window: its trips, the model's mean error, and that of a retrained one."""

    name: str
    rows: int
    error: float
    constant: float  # the error of the training window's median
    retrained: float | None = None


def errors(project: Project, model: Model, learnt: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with what is shown of each: truth, the absolute errors of model and baseline, hour, weekday."""
    assert isinstance(project.task, Regression)
    truth, time = labels(project, rows), rows[_rule(project).column]
    simple = baselines.typical(project, project.task, learnt, rows)
    return rows.assign(
        truth=truth,
        error=np.abs(model.score(rows) - truth),
        simple=np.abs(simple - truth),
        hour=time.dt.hour,
        weekend=time.dt.day_of_week >= 5,
    )


def hindsight(shown: pd.DataFrame, keys: Sequence[str]) -> tuple[int, float, float]:
    """What nobody could foresee from columns alone: rows alike in them, the mean distance to their own median.

    Returns:
        How many rows have enough others that are alike, that distance, and the model's mean error on the same rows.
        The median is that of the very rows it is compared with, which flatters it.
    """
    groups = shown.groupby(list(keys))["truth"]
    alike = groups.transform("size") >= SMALLEST
    distances = (shown["truth"] - groups.transform("median")).abs()
    return int(alike.sum()), float(distances[alike].mean()), float(shown.loc[alike, "error"].mean())


def later_months(project: Project, model: Model, frame: pd.DataFrame, retrained: Sequence[str]) -> list[Month]:
    """Judge a model on every month from the held-out one on; in the named months also a model retrained before."""
    table, rule = labelled(project, frame), _rule(project)
    truth = labels(project, table)
    scored = pd.DataFrame({"month": table[rule.column].dt.strftime("%Y-%m"), "truth": truth}, index=table.index)
    middle = float(np.median(truth[_within(table, rule)]))
    later = scored[table[rule.column] >= pd.Timestamp(rule.test.start)]
    error = (pd.Series(model.score(table.loc[later.index]), index=later.index) - later["truth"]).abs()
    months = []
    for name, rows in later.groupby("month"):
        again = _retrained(project, frame, str(name)) if name in retrained else None
        constant = float((rows["truth"] - middle).abs().mean())
        months.append(Month(str(name), len(rows), float(error[rows.index].mean()), constant, again))
    return months


def _retrained(project: Project, frame: pd.DataFrame, month: str) -> float:
    """Mean error in a month of the project's model, learnt from the months before it."""
    first = pd.Timestamp(f"{month}-01")
    start, end = first - pd.DateOffset(months=LATEST), first + pd.DateOffset(months=1)
    rule = TimeSplit(_rule(project).column, Window(_day(start), _day(first)), Window(_day(first), _day(end)))
    parts = split(project, frame, seed=0, rule=rule)
    model = train.fit(project, parts.train, seed=0)
    return float(np.abs(model.score(parts.test) - labels(project, parts.test)).mean())


def _day(moment: pd.Timestamp) -> date:
    return moment.date()


def _within(table: pd.DataFrame, rule: TimeSplit) -> "pd.Series[bool]":
    start, end = pd.Timestamp(rule.train.start), pd.Timestamp(rule.train.end)
    return table[rule.column].between(start, end, inclusive="left")


def _rule(project: Project) -> TimeSplit:
    assert isinstance(project.split, TimeSplit)
    return project.split
