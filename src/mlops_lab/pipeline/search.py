"""Hyper-parameter search by scikit-learn's own random search over joblib: on this machine's cores, or on Dask."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Literal

import joblib  # type: ignore[import-untyped]
import pandas as pd
from sklearn.model_selection import RandomizedSearchCV

from mlops_lab.errors import LabError
from mlops_lab.pipeline.train import Model, assemble, feature_frame, labels, learn_spec
from mlops_lab.projects.project import Project

Backend = Literal["loky", "dask"]
BACKENDS: tuple[Backend, ...] = ("loky", "dask")
FOLDS = 3
SCORING = {"log_loss": "neg_log_loss", "mae": "neg_mean_absolute_error"}  # the project's metric -> scikit-learn's name
STEP = "estimator__"  # of the pipeline


@dataclass(frozen=True)
class Trial:
    """A combination that was tried and its mean loss over the folds."""

    parameters: dict[str, Any]
    loss: float


@dataclass(frozen=True)
class Found:
    """The best combination, fitted on all rows, and every trial, the best first."""

    model: Model
    trials: tuple[Trial, ...]


def search(project: Project, table: pd.DataFrame, seed: int, candidates: int, backend: Backend = "loky") -> Found:
    """Try combinations of the project's search space by cross-validation on a raw table.

    Args:
        project: Says the estimator, the space and the metric.
        table: The rows to learn from; nothing else is seen.
        seed: Of the estimator and of the draw of combinations.
        candidates: How many combinations are tried.
        backend: What joblib runs the fits on.

    Raises:
        LabError: The project has no search space, or Dask is not installed.
    """
    if not project.search_space:
        raise LabError(f"{project.name} has no search space; leave SEARCH out, or state one in the project.")
    spec = learn_spec(project, table)
    searched = RandomizedSearchCV(
        assemble(spec, "passthrough", project.estimator(seed)),
        {STEP + name: list(values) for name, values in project.search_space.items()},
        n_iter=candidates,
        scoring=SCORING[project.metric],
        cv=FOLDS,
        random_state=seed,
        n_jobs=-1,
    )
    with _running_on(backend):
        searched.fit(feature_frame(spec, table), labels(project, table))
    results = zip(searched.cv_results_["params"], searched.cv_results_["mean_test_score"], strict=True)
    trials = [Trial({name.removeprefix(STEP): value for name, value in p.items()}, -float(s)) for p, s in results]
    return Found(Model(spec, searched.best_estimator_), tuple(sorted(trials, key=lambda trial: trial.loss)))


@contextmanager
def _running_on(backend: Backend) -> Iterator[None]:
    with _cluster() if backend == "dask" else nullcontext(), joblib.parallel_config(backend):
        yield


@contextmanager
def _cluster() -> Iterator[None]:
    """Dask's workers on this machine, or those of the scheduler that DASK_SCHEDULER_ADDRESS names."""
    if find_spec("distributed") is None:
        raise LabError("BACKEND is dask, and Dask is not installed; run `pip install 'dask[distributed]'`.")
    from distributed import Client  # type: ignore[import-not-found,unused-ignore]

    with Client(processes=True, dashboard_address=None):
        yield
