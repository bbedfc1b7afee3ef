"""A project made of a table: profiled, decided, written beside the checkout, trained once, then put in its place."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pandas as pd

from mlops_lab import projects
from mlops_lab.candidate import Candidate, train_candidate
from mlops_lab.errors import LabError
from mlops_lab.newproject import companions, design, source, template
from mlops_lab.newproject.files import Files, put_in_place, staged
from mlops_lab.newproject.profile import Profile, profiles
from mlops_lab.newproject.source import Table
from mlops_lab.newproject.task import classes, is_classification
from mlops_lab.progress import Timeline
from mlops_lab.projects.project import Dataset, Project
from mlops_lab.settings import Settings

LICENCE = "not stated"


@dataclass(frozen=True)
class Wish:
    """What a user asks for."""

    name: str
    data: Path
    label: str
    time: str | None = None  # the column that rows are split by; None: at random


@dataclass(frozen=True)
class Created:
    """A project that is in its place, and its first model."""

    files: Files
    rows: tuple[int, int]  # of the file, and of these with a label
    candidate: Candidate


def create(wish: Wish, settings: Settings, timeline: Timeline) -> Created:
    """Make a project of a table; no cloud is needed.

    Raises:
        LabError: The name or the table allows none, or its model learns nothing. Nothing is left behind then.
    """
    files = Files(wish.name)
    files.refuse_taken(settings.root)
    with timeline.step("table", f"read {wish.data.name}"):
        table = source.read(wish.data)
    with staged(settings.state_dir / "newproject" / f"{wish.name}-{os.getpid()}", files) as staging:
        with timeline.step("project", f"profile {len(table.frame.columns)} columns and write"):
            write(wish, table, files, staging)
        with timeline.step("training", "a first model"):
            candidate = _trained(declared(staging / files.declaration), settings, staging)
        put_in_place(files, staging, settings.root)
    return Created(files, (len(table.frame), candidate.provenance.rows), candidate)


def write(wish: Wish, table: Table, files: Files, folder: Path) -> Project:
    """Write a project's files into a folder that is laid out as a checkout.

    Raises:
        LabError: The table allows no project.
    """
    label = table.column("LABEL", wish.label)
    time = table.column("TIME", wish.time) if wish.time else None
    if time == label:
        raise LabError(f"TIME and LABEL are both {wish.label!r}; name two columns.")
    found = profiles(table, label)
    data = _store(found, label, folder / files.data, wish.data.name)
    project = design.project(wish.name, _number(), label, time, found, data)
    (folder / files.declaration).write_text(template.source(project))
    (folder / files.tests).write_text(companions.tests(project))
    (folder / files.notebook).write_text(companions.notebook(project))
    return project


def _number() -> int:
    """The next one: a number is never given twice while its project is there."""
    return max(project.number for project in projects.every()) + 1


def _store(found: Mapping[str, Profile], label: str, path: Path, origin: str) -> Dataset:
    """Write the rows that have a label, as the lab reads them, and say what the file holds."""
    frame = pd.DataFrame({name: each.values for name, each in found.items()})
    totals: dict[str, int] = {}
    if is_classification(found[label]):
        frame[label] = classes(found[label])
        totals = {str(value): int(rows) for value, rows in frame[label].value_counts().items()}
    frame.to_parquet(path, index=False)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return Dataset(path.name, digest, len(frame), totals, origin[:50], LICENCE)


def declared(path: Path) -> Project:
    """Read the project that a file declares: what was written is what is trained."""
    spec = spec_from_file_location(f"mlops_lab.projects.{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert isinstance(module.PROJECT, Project)
    return module.PROJECT


def _trained(project: Project, settings: Settings, staging: Path) -> Candidate:
    candidate = train_candidate(project, settings.model_copy(update={"root": staging}))
    if failures := candidate.verdict.failures:
        raise LabError(
            f"The columns say too little about {project.target} ({failures[0]}, on {len(candidate.splits.test):,}"
            " held-out rows); add columns or rows, or ask for a yes or no."
        )
    return candidate
