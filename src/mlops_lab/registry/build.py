"""Building a bundle from a model that has been judged."""

import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version as package_version
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mlops_lab.data.dataset import Provenance
from mlops_lab.data.split import Splits
from mlops_lab.pipeline.challenge import LOSSES
from mlops_lab.pipeline.evaluate import Evaluation
from mlops_lab.pipeline.features import compute
from mlops_lab.pipeline.profile import reference_profile
from mlops_lab.pipeline.train import Model, columns_of
from mlops_lab.projects.project import Classification, Project
from mlops_lab.registry import bundle
from mlops_lab.registry.onnx_model import Parity, check_parity, convert, output
from mlops_lab.registry.request_schema import request_schema

FORMAT = 1  # of the bundle; serving refuses another
# The lab's own version is its commit: an image holds its code without a package's metadata.
PACKAGES = ("numpy", "onnx", "onnxruntime", "pandas", "scikit-learn", "skl2onnx")


@dataclass(frozen=True)
class Contents:
    """A bundle's files, and the facts about them that do not depend on a version."""

    files: Mapping[str, bytes]
    facts: Mapping[str, Any]
    parity: Parity


def build(project: Project, model: Model, evaluation: Evaluation, splits: Splits, provenance: Provenance) -> Contents:
    """Convert a model and describe it.

    Raises:
        LabError: The converted model scores differently from the original on the held-out rows.
    """
    onnx = convert(model, project.name)
    parity = check_parity(model, onnx, splits.test)
    train = compute(model.spec, columns_of(model.spec, splits.train))
    files = {
        bundle.MODEL: onnx,
        bundle.REQUEST_SCHEMA: bundle.encode(request_schema(project)),
        bundle.FEATURES: bundle.encode({"features": model.spec.document(), "output": output(model)}),
        bundle.PROFILE: bundle.encode(
            reference_profile(model.spec, train, evaluation.scores, project.metric, _losses(project, evaluation))
        ),
    }
    facts = _facts(project, evaluation) | {"data": asdict(provenance), "rows": splits.sizes}
    example_score = float(model.score(pd.DataFrame([dict(project.example)]))[0])
    return Contents(files, facts | {"parity": asdict(parity) | {"example_score": example_score}}, parity)


def seal(contents: Contents, *, version: str, run_id: str, commit: str, created: str) -> bundle.Bundle:
    """Give a bundle its version, its run and the moment of its creation (ISO 8601)."""
    identity = {"format": FORMAT, "version": version, "run_id": run_id, "commit": commit, "created": created}
    return bundle.seal({**contents.facts, **identity}, contents.files)


def package_versions() -> dict[str, str]:
    """Versions of Python and of what a model depends on."""
    return {"python": platform.python_version()} | {name: package_version(name) for name in PACKAGES}


def _facts(project: Project, evaluation: Evaluation) -> dict[str, Any]:
    return {
        "project": project.name,
        "title": project.title,
        "task": _task(project, evaluation),
        "metrics": {name: value for name, value in evaluation.metrics.items() if np.isfinite(value)},
        "versions": package_versions(),
    }


def _losses(project: Project, evaluation: Evaluation) -> NDArray[np.float64]:
    """The project's metric row by row, on the held-out rows."""
    truth = evaluation.truth.astype(np.float64)
    return LOSSES[project.metric](truth, evaluation.scores.astype(np.float64))


def _task(project: Project, evaluation: Evaluation) -> dict[str, Any]:
    task = project.task
    if isinstance(task, Classification):
        return {"kind": task.kind, "labels": [task.negative, task.positive], **evaluation.decisions}
    return {"kind": task.kind, "unit": task.unit, **evaluation.decisions}
