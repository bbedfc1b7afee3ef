"""A small model of project 1, trained once a session on a sample of its data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # each test pays only for what it imports
    from mlops_lab.data.dataset import RawData
    from mlops_lab.projects.project import Project
    from mlops_lab.registry.bundle import Bundle
    from mlops_lab.retrain import Candidate

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def income() -> Project:
    from mlops_lab import projects

    return projects.get("income")


@pytest.fixture(scope="session")
def raw(income: Project) -> RawData:
    from mlops_lab.data import dataset

    return dataset.load(income, ROOT / "data")


@pytest.fixture(scope="session")
def candidate(income: Project, raw: RawData) -> Candidate:
    """A model of 4,000 rows."""
    from mlops_lab.data.split import split
    from mlops_lab.pipeline import evaluate, gate, train
    from mlops_lab.registry import build
    from mlops_lab.retrain import Candidate, Recipe

    parts = split(income, raw.frame.sample(4_000, random_state=1), seed=1)
    model = train.fit(income, parts.train, seed=1)
    evaluation = evaluate.evaluate(income, model, parts.train, parts.validation, parts.test)
    verdict = gate.judge((), evaluation.metrics)
    contents = build.build(income, model, evaluation, parts, raw.provenance)
    return Candidate(income, Recipe(1), "0" * 40, model, parts, raw.provenance, evaluation, verdict, contents)


@pytest.fixture(scope="session")
def bundle(candidate: Candidate) -> Bundle:
    from mlops_lab.registry import build

    created = "2026-01-01T00:00:00+00:00"
    return build.seal(candidate.contents, version="7", run_id="run", commit=candidate.commit, created=created)
