"""The decisions that make a project of a profiled table: columns, derived features, encoding, split, gates, example."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from mlops_lab.errors import LabError
from mlops_lab.newproject import task as tasks
from mlops_lab.newproject import windows
from mlops_lab.newproject.profile import Profile
from mlops_lab.newproject.source import unused
from mlops_lab.projects.project import (
    Cell,
    Classification,
    Column,
    Dataset,
    Derived,
    Gate,
    Project,
    RandomSplit,
    StratifiedSplit,
    TimeSplit,
)

LISTED = 20  # categories that a column states one by one; with more of them, they are encoded by the label's mean
LONGEST_DESCRIPTION = 60
TYPICAL = 100  # groups whose medians are a baseline, at most


def columns(found: Mapping[str, Profile], label: str) -> tuple[Column, ...]:
    """State every column of the table; the label of a classification is a category whatever it was."""
    return tuple(_label(each) if each.name == label else _column(each) for each in found.values())


def inputs(found: Mapping[str, Profile], label: str) -> dict[str, Profile]:
    """Return the columns that the model may see.

    Raises:
        LabError: There are none.
    """
    kept = {name: each for name, each in found.items() if name != label and not each.reason}
    if not kept:
        left_out = "; ".join(f"{each.original}: {each.reason}" for each in found.values() if each.reason)
        raise LabError(f"No column is left to learn from ({left_out[:300]}); add one that may say {label}.")
    return kept


def derived(seen: Mapping[str, Profile], time: str | None) -> tuple[Derived, ...]:
    """Derive from each time what a model can learn from: weekday, month, where it has one the clock, else the day.

    The day itself is of no use for the time that the table is cut by: a request is later than all the model has seen.
    """
    features: list[Derived] = []
    for name, each in seen.items():
        if each.reading.kind == "time":
            clock = (each.values.dropna().dt.normalize() != each.values.dropna()).any()
            kinds = ["weekday", "month", *(["minute_of_day"] if clock else []), *(["day"] if name != time else [])]
            names = {*seen, *(feature.name for feature in features)}
            features += [Derived(unused(f"{name}_{how}", names), how, (name,)) for how in kinds]  # type: ignore[arg-type]
    return tuple(features)


def encoding(seen: Mapping[str, Profile]) -> Any:
    """One-hot, unless a column has many categories."""
    many = any(each.reading.kind == "category" and each.distinct > LISTED for each in seen.values())
    return "target" if many else "one-hot"


def example(seen: Mapping[str, Profile]) -> dict[str, Cell]:
    """Return the first of the rows that lack the fewest values."""
    table = pd.DataFrame({name: each.values for name, each in seen.items()})
    row = int(table.isna().sum(axis=1).to_numpy().argmin())
    return {name: _cell(each.values.iloc[row], each.reading.kind) for name, each in seen.items()}


def project(
    name: str, number: int, label: str, time: str | None, found: Mapping[str, Profile], data: Dataset
) -> Project:
    """Decide what a project of this table is.

    Raises:
        LabError: The table allows none; the message says why.
    """
    task = tasks.task(found[label], _typical(found, label))
    seen, classification = inputs(found, label), isinstance(task, Classification)
    gate = "auc_above_constant" if classification else "skill_over_constant"
    return Project(
        name=name,
        number=number,
        title=f"{_described(found[label].original)}, from {data.source}",
        dataset=data,
        columns=columns(found, label),
        target=label,
        task=task,
        split=_split(found, label, time, classification),
        estimator=lambda seed: None,
        metric="log_loss" if classification else "mae",
        margin=0.0,
        gates=(Gate(gate, minimum=0.01),),
        example=example(seen),
        excluded={each.name: each.reason for each in found.values() if each.reason},
        derived=derived(seen, time),
        encoding=encoding(seen),
    )


def _split(
    found: Mapping[str, Profile], label: str, time: str | None, classification: bool
) -> StratifiedSplit | RandomSplit | TimeSplit:
    if time is None:
        return windows.by_chance(classification)
    return windows.by_time(found[time], tasks.classes(found[label]) if classification else None)


def _typical(found: Mapping[str, Profile], label: str) -> tuple[str, ...]:
    """Name the column with the most groups that are not too many: their medians are what a model has to beat."""
    seen = {name: each for name, each in found.items() if name != label and not each.reason}
    countable = {name: each for name, each in seen.items() if each.reading.kind in ("category", "integer")}
    groups = {name: each.distinct for name, each in countable.items() if each.distinct <= TYPICAL}
    return (max(groups, key=lambda name: groups[name]),) if groups else ()


def _label(profile: Profile) -> Column:
    description = _described(profile.original)
    if not tasks.is_classification(profile):
        return Column(profile.name, profile.reading.kind, description)
    return Column(profile.name, "category", description, categories=_sorted(tasks.classes(profile)))


def _column(profile: Profile) -> Column:
    kind, few = profile.reading.kind, profile.distinct <= LISTED and not profile.reason
    listed = _sorted(profile.values) if kind == "category" and few else ()
    notes = [_described(profile.original), profile.reading.read_as]
    if kind == "category" and not listed and profile.distinct > LISTED:
        notes.append(f"{profile.distinct:,} different values")
    description = ", ".join(filter(None, notes))
    return Column(profile.name, kind, description, categories=listed, nullable=profile.nullable)


def _sorted(values: "pd.Series[Any]") -> tuple[str, ...]:
    return tuple(sorted(map(str, values.dropna().unique())))


def _described(original: str) -> str:
    text = " ".join(original.split()) or "(no name)"
    return text if len(text) <= LONGEST_DESCRIPTION else f"{text[:LONGEST_DESCRIPTION]}..."


def _cell(value: Any, kind: str) -> Cell:
    if pd.isna(value):
        return None
    if kind == "time":
        return str(value.isoformat(timespec="seconds"))
    return str(value) if kind == "category" else int(value) if kind == "integer" else float(value)
