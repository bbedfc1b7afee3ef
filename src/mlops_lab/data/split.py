"""Splitting a table into the rows to learn from, to decide on, and to be judged by."""

from dataclasses import dataclass

import pandas as pd
from sklearn.model_selection import train_test_split

from mlops_lab.data.label import labelled
from mlops_lab.errors import LabError
from mlops_lab.projects.project import Project, RandomSplit, StratifiedSplit, TimeSplit, Window


@dataclass(frozen=True)
class Splits:
    """Three disjoint parts of a table."""

    train: pd.DataFrame  # what the model learns from
    validation: pd.DataFrame  # what decisions about it, such as the threshold, are taken on
    test: pd.DataFrame  # held out: what it is judged by, once

    @property
    def sizes(self) -> dict[str, int]:
        """Rows of each part."""
        return {"train": len(self.train), "validation": len(self.validation), "test": len(self.test)}


Rule = StratifiedSplit | RandomSplit | TimeSplit


def split(project: Project, frame: pd.DataFrame, seed: int, rule: Rule | None = None) -> Splits:
    """Split the rows of a raw table that have a label, by the project's rule or another one.

    Args:
        project: Says the target, the label filters and the rule.
        frame: The raw table.
        seed: Of the draw, where rows are drawn; the same seed gives the same rows.
        rule: Another rule than the project's, such as later windows.

    Raises:
        LabError: A window holds no row.
    """
    table = labelled(project, frame)
    chosen = rule or project.split
    if isinstance(chosen, TimeSplit):
        return _by_time(chosen, table)
    return _by_chance(chosen, table, project.target if isinstance(chosen, StratifiedSplit) else None, seed)


def _by_chance(shares: StratifiedSplit | RandomSplit, table: pd.DataFrame, alike: str | None, seed: int) -> Splits:
    """Split at random, where a column is named with its proportions in every part."""
    rest, test = _drawn(table, shares.test, alike, seed)
    train, validation = _drawn(rest, shares.validation / (1 - shares.test), alike, seed)
    return Splits(train, validation, test)


def _drawn(table: pd.DataFrame, share: float, alike: str | None, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what is left of a table, and a share of its rows."""
    if share == 0:
        return table, table.iloc[:0]
    stratify = None if alike is None else table[alike]
    rest, drawn = train_test_split(table, test_size=share, stratify=stratify, random_state=seed)
    return rest, drawn


def _by_time(rule: TimeSplit, table: pd.DataFrame) -> Splits:
    """Split by windows, so that a model is judged by rows after those it learnt from."""
    validation = _within(rule.validation, rule.column, table) if rule.validation else table.iloc[:0]
    return Splits(_within(rule.train, rule.column, table), validation, _within(rule.test, rule.column, table))


def _within(window: Window, column: str, table: pd.DataFrame) -> pd.DataFrame:
    start, end = pd.Timestamp(window.start), pd.Timestamp(window.end)
    found = table[table[column].between(start, end, inclusive="left")]
    if found.empty:
        raise LabError(f"No row has a {column} from {window.start} up to {window.end}; choose another window.")
    return found
