"""A candidate: a model trained by a recipe, judged and packed, and not registered; it needs no cloud."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import pandas as pd

from mlops_lab import catalog
from mlops_lab.data import dataset, schemas
from mlops_lab.data.dataset import Provenance
from mlops_lab.data.split import Splits, split
from mlops_lab.errors import LabError
from mlops_lab.pipeline import train
from mlops_lab.pipeline.evaluate import Evaluation, evaluate
from mlops_lab.pipeline.gate import Verdict, judge
from mlops_lab.pipeline.search import Backend, Trial, search
from mlops_lab.projects.project import Project, TimeSplit, Window
from mlops_lab.registry import build
from mlops_lab.registry.commit import current_commit
from mlops_lab.settings import Settings

SPLIT_SEED = 0  # which rows are held out never changes: champion and challenger meet on the same
SMALLEST = 100  # rows that a model can be learnt from


@dataclass(frozen=True)
class Step:
    """A step of retraining: it starts (seconds is None) or has ended."""

    name: str
    seconds: float | None = None


Progress = Callable[[Step], None]


def unheard(step: Step) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Recipe:
    """How a model is trained.

    Which rows are held out is the project's, so that every recipe is judged by the same; but for a project whose rows
    have a time, later windows to learn from and to be judged by may be named, and the champion is judged by them too.
    """

    seed: int = 0  # of the estimator and of a search
    size: int | None = None  # rows to learn from at most; None: all
    search: int = 0  # combinations of hyper-parameters to try; 0: the project's own
    backend: Backend = "loky"
    train: Window | None = None
    test: Window | None = None


PLAIN = Recipe()


@dataclass(frozen=True)
class Candidate:
    """A model that has been judged and packed, but is not registered."""

    project: Project
    recipe: Recipe
    commit: str
    model: train.Model
    splits: Splits
    provenance: Provenance
    evaluation: Evaluation
    verdict: Verdict
    contents: build.Contents
    trials: tuple[Trial, ...] = ()  # of a search, the best first


def train_candidate(
    project: Project, settings: Settings, recipe: Recipe = PLAIN, *, progress: Progress = unheard
) -> Candidate:
    """Train and judge a model and pack its bundle; neither MLflow nor S3 is needed.

    Raises:
        LabError: The data are not as stated, the recipe cannot be followed, or ONNX differs from scikit-learn.
    """
    with step("load and validate the data", progress):
        raw = dataset.load(project, catalog.Paths(settings.root, settings.state_dir).data)
        splits = at_most(split(project, raw.frame, SPLIT_SEED, _windows(project, recipe)), recipe.size)
    with step("train", progress):
        model, trials = _fitted(project, splits.train, recipe)
        schemas.validate_features(model.spec, train.feature_frame(model.spec, splits.test))
    with step("evaluate", progress):
        evaluation = evaluate(project, model, splits.train, splits.validation, splits.test)
        verdict = judge(project.gates, evaluation.metrics)
    with step("convert to ONNX and compare", progress):
        contents = build.build(project, model, evaluation, splits, raw.provenance)
    commit = current_commit(settings.root)
    return Candidate(project, recipe, commit, model, splits, raw.provenance, evaluation, verdict, contents, trials)


def at_most(splits: Splits, size: int | None) -> Splits:
    """Fewer rows to learn from; the rows that it is judged by stay the same."""
    if size is None or size >= len(splits.train):
        return splits
    if size < SMALLEST:
        raise LabError(f"SIZE is {size}; use at least {SMALLEST} rows.")
    return replace(splits, train=splits.train.sample(size, random_state=SPLIT_SEED))


def _windows(project: Project, recipe: Recipe) -> TimeSplit | None:
    """The recipe's own windows, or None for the project's split."""
    if recipe.train is None and recipe.test is None:
        return None
    if recipe.train is None or recipe.test is None:
        raise LabError("TRAIN and TEST belong together: name the days to learn from and the days to be judged by.")
    if not isinstance(project.split, TimeSplit):
        raise LabError(f"{project.name} is not split by time; leave TRAIN and TEST out.")
    try:
        return TimeSplit(project.split.column, recipe.train, recipe.test)
    except ValueError:
        raise LabError(f"TRAIN is {recipe.train} and TEST {recipe.test}; TEST must follow TRAIN.") from None


def _fitted(project: Project, rows: pd.DataFrame, recipe: Recipe) -> tuple[train.Model, tuple[Trial, ...]]:
    if not recipe.search:
        return train.fit(project, rows, recipe.seed), ()
    found = search(project, rows, recipe.seed, recipe.search, recipe.backend)
    return found.model, found.trials


@contextmanager
def step(name: str, progress: Progress) -> Iterator[None]:
    """Report that a step starts, and how many seconds it took once it has ended."""
    progress(Step(name))
    start = time.monotonic()
    yield
    progress(Step(name, time.monotonic() - start))
