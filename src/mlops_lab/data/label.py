"""Labels: a target that is computed from columns, and the rows whose label can be believed."""

import pandas as pd

from mlops_lab.projects.project import InMonth, Project, Within

SECONDS = 60


def labelled(project: Project, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that the project's label filters keep, with the target as a column."""
    table = _with_target(project, frame)
    for rule in project.filters:
        table = table[_kept(rule, table)]
    return table


def kept_by(project: Project, frame: pd.DataFrame) -> "list[tuple[Within | InMonth, pd.Series[bool]]]":
    """Return, for each label filter alone, which rows it keeps."""
    table = _with_target(project, frame)
    return [(rule, _kept(rule, table)) for rule in project.filters]


def _with_target(project: Project, frame: pd.DataFrame) -> pd.DataFrame:
    if project.label is None:
        return frame
    elapsed = frame[project.label.end] - frame[project.label.start]
    return frame.assign(**{project.target: elapsed.dt.total_seconds() / SECONDS})


def _kept(rule: Within | InMonth, table: pd.DataFrame) -> "pd.Series[bool]":
    if isinstance(rule, InMonth):
        month: pd.Series[str] = table[rule.time].dt.strftime("%Y-%m")
        return month == table[rule.month].astype(str)
    values = table[rule.column]
    kept = values.notna()
    for bound, within in ((rule.minimum, values.ge), (rule.maximum, values.le), (rule.above, values.gt)):
        if bound is not None:
            kept &= within(bound)
    return kept
