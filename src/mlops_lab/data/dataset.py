"""The raw table of a project, read only where its file is the one that was reviewed."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from mlops_lab.data import schemas
from mlops_lab.data.label import labelled
from mlops_lab.errors import LabError
from mlops_lab.projects.project import Project


@dataclass(frozen=True)
class Provenance:
    """Where a table came from: enough to find the same bytes again."""

    file: str
    sha256: str
    rows: int
    source: str
    licence: str


@dataclass(frozen=True)
class RawData:
    """A validated raw table and its provenance."""

    frame: pd.DataFrame
    provenance: Provenance


def load(project: Project, folder: Path) -> RawData:
    """Read a project's table and check it against its hash, its schema and its published totals.

    Raises:
        LabError: The file is missing or is another one, or its content is not what the project states.
    """
    dataset = project.dataset
    path = folder / dataset.file
    _verify(path, dataset.sha256)
    frame = pd.read_parquet(path)
    schemas.validate_raw(project, frame)
    _check_totals(project, frame)
    return RawData(frame, Provenance(dataset.file, dataset.sha256, len(frame), dataset.source, dataset.licence))


def _verify(path: Path, expected: str) -> None:
    restore = "restore it with `git checkout -- data`"
    if not path.is_file():
        raise LabError(f"{path} does not exist; {restore}.")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != expected:
        raise LabError(f"{path} has SHA-256 {found}, expected {expected}; {restore}.")


def _check_totals(project: Project, frame: pd.DataFrame) -> None:
    dataset, correct = project.dataset, f"correct the totals in projects/{project.name}.py"
    column = dataset.counted or project.target
    counts = frame[column].value_counts().to_dict() if dataset.totals else {}
    if len(frame) != dataset.rows or counts != dict(dataset.totals):
        raise LabError(
            f"{dataset.file} holds {len(frame)} rows with {column} {counts}, the publisher states"
            f" {dataset.rows} with {dict(dataset.totals)}; {correct}."
        )
    if dataset.labelled is not None and (kept := len(labelled(project, frame))) != dataset.labelled:
        raise LabError(f"{dataset.file} has {kept} rows with a label, {dataset.labelled} are stated; {correct}.")
