"""What comes with a project's file: tests of what it claims, and a notebook that shows it."""

from string import Template

import nbformat

from mlops_lab.projects.project import Classification, Project

TESTS = '''"""Project {name}: its data are what it states, what is left out moves no score, and its API answers."""

import asyncio
from pathlib import Path

import httpx
import pytest

from mlops_lab import projects
from mlops_lab.candidate import Candidate, train_candidate
from mlops_lab.registry import build
from mlops_lab.serving.app import create_app
from mlops_lab.serving.model import Model
from mlops_lab.settings import Settings

PROJECT = projects.get("{name}")


@pytest.fixture(scope="module")
def candidate() -> Candidate:
    return train_candidate(PROJECT, Settings(root=Path(__file__).parents[3]))


def test_what_is_left_out_moves_no_score(candidate: Candidate) -> None:
    rows = candidate.splits.test
    hidden = {{name: rows[name].to_numpy()[::-1] for name in (PROJECT.target, *PROJECT.excluded)}}

    assert (candidate.model.score(rows.assign(**hidden)) == candidate.model.score(rows)).all()


def test_it_passes_its_gates(candidate: Candidate) -> None:
    assert candidate.verdict.failures == ()


def test_the_served_model_scores_as_the_trained_one(candidate: Candidate) -> None:
    parity = candidate.contents.parity

    assert parity.rows >= len(candidate.splits.test)
    assert parity.largest_difference <= parity.tolerance


def test_its_api_answers_the_example(candidate: Candidate) -> None:
    bundle = build.seal(candidate.contents, version="1", run_id="run", commit="0" * 40, created="2026-01-01T00:00:00")
    transport = httpx.ASGITransport(create_app(Model(bundle)))
    api = httpx.AsyncClient(transport=transport, base_url="http://task")

    answer = asyncio.run(api.post("/{name}/predict", json={{"instances": [dict(PROJECT.example)]}}))

    assert answer.status_code == 200
    assert set(answer.json()["predictions"][0]) == {answered}
'''
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
PARAMETERS = """project_name = "$name"
seed = 0  # of the estimator"""
IMPORTS = """import pandas as pd
from IPython.display import Image

from mlops_lab import projects
from mlops_lab.candidate import Recipe, train_candidate
from mlops_lab.catalog import Paths
from mlops_lab.data import dataset
from mlops_lab.registry.figures import drawn
from mlops_lab.reporting import training_tables
from mlops_lab.reporting.picture import png
from mlops_lab.settings import read_settings"""
TABLE = """project, settings = projects.get(project_name), read_settings()
raw = dataset.load(project, Paths(settings.root, settings.state_dir).data)
training_tables.columns(project, raw.frame)"""
MODEL = """candidate = train_candidate(project, settings, Recipe(seed))
evaluation = candidate.evaluation
figures = pd.DataFrame({**evaluation.baselines, "this model": evaluation.metrics})
figures.dropna().T"""
FIGURE = """first, *_ = drawn(project, evaluation).values()
Image(png(first), width=450)"""
DECISION = """print(f"$measure: {evaluation.metrics['$measure']:.4f}, \
the constant's {evaluation.baselines['constant']['$measure']:.4f}")
assert candidate.verdict.passed, candidate.verdict.failures"""
CELLS = (  # text and the code that it introduces
    ("# Project $name: how well do the other columns tell `$target`?\n\n$title.", PARAMETERS),
    ("Everything that computes is in the package; here it is only called.", IMPORTS),
    ("## What the table holds\n\nEvery column, and what the model may do with it.", TABLE),
    ("## What a model makes of it\n\nOn the held-out rows, beside the baselines that it has to beat.", MODEL),
    ("## Where it errs", FIGURE),
    ("## Decision\n\nA model that fails the project's gates is not registered.", DECISION),
)


def tests(project: Project) -> str:
    """Return the tests of a project as a file."""
    classification = isinstance(project.task, Classification)
    answered = '{"label", "probability"}' if classification else "{PROJECT.task.unit}"
    return TESTS.format(name=project.name, answered=answered)


def notebook(project: Project) -> str:
    """Return the notebook of a project, not executed, as a file."""
    measure = "auc" if isinstance(project.task, Classification) else "mae"
    told = {"name": project.name, "target": project.target, "title": project.title, "measure": measure}
    cells = []
    for text, code in CELLS:
        metadata = {"tags": ["parameters"]} if code is PARAMETERS else {}
        cells.append(nbformat.v4.new_markdown_cell(Template(text).substitute(told)))  # type: ignore[no-untyped-call]
        source = Template(code).substitute(told)
        cells.append(nbformat.v4.new_code_cell(source, metadata=metadata))  # type: ignore[no-untyped-call]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # the same table gives the same file
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": KERNEL})  # type: ignore[no-untyped-call]
    content: str = nbformat.writes(book)  # type: ignore[no-untyped-call]
    return content + "\n"
