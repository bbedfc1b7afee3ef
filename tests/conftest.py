"""A small model of project 1 and the whole one of project 2, trained once a session where a test asks for it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:  # each test pays only for what it imports
    from mlops_lab.candidate import Candidate
    from mlops_lab.data.dataset import RawData
    from mlops_lab.projects.project import Project
    from mlops_lab.registry.bundle import Bundle

ROOT = Path(__file__).parents[1]
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as the Makefile says, before scikit-learn is imported


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
    from mlops_lab.candidate import Candidate, Recipe
    from mlops_lab.data.split import split
    from mlops_lab.pipeline import evaluate, gate, train
    from mlops_lab.registry import build

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


@pytest.fixture(scope="session")
def taxi() -> Project:
    from mlops_lab import projects

    return projects.get("taxi")


@pytest.fixture(scope="session")
def trips(taxi: Project) -> RawData:
    from mlops_lab.data import dataset

    return dataset.load(taxi, ROOT / "data")


@pytest.fixture(scope="session")
def taxi_candidate(taxi: Project, trips: RawData) -> Candidate:
    """The model as `make retrain` trains it, which takes some five seconds."""
    from mlops_lab.candidate import Candidate, Recipe
    from mlops_lab.data.split import split
    from mlops_lab.pipeline import evaluate, gate, train
    from mlops_lab.registry import build

    parts = split(taxi, trips.frame, seed=0)
    model = train.fit(taxi, parts.train, seed=0)
    evaluation = evaluate.evaluate(taxi, model, parts.train, parts.validation, parts.test)
    verdict = gate.judge(taxi.gates, evaluation.metrics)
    contents = build.build(taxi, model, evaluation, parts, trips.provenance)
    return Candidate(taxi, Recipe(), "0" * 40, model, parts, trips.provenance, evaluation, verdict, contents)


@pytest.fixture(scope="session")
def taxi_bundle(taxi_candidate: Candidate) -> Bundle:
    from mlops_lab.registry import build

    created = "2026-01-01T00:00:00+00:00"
    return build.seal(taxi_candidate.contents, version="3", run_id="run", commit="0" * 40, created=created)
