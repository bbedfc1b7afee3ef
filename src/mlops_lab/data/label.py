"""Labels: a target that is computed from columns, and the rows whose label can be believed."""

import pandas as pd

from mlops_lab.projects.project import InMonth, Project, Within

SECONDS = 60


def labelled(project: Project, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that the project's label filters keep, with the target as a column."""
    table = frame
    if project.label is not None:
        elapsed = frame[project.label.end] - frame[project.label.start]
        table = frame.assign(**{project.target: elapsed.dt.total_seconds() / SECONDS})
    for each in project.filters:
        table = table[_kept(each, table)]
    return table


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
