"""The two images: what goes into each, and how it starts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlops_lab import catalog, projects
from mlops_lab.errors import LabError
from mlops_lab.settings import YIELDING

FOLDER = Path("infra/docker")
QUIET = {
    "PYTHONUNBUFFERED": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "ORT_DISABLE_TELEMETRY": "1",  # ONNX Runtime's official builds send usage data to Microsoft
}


@dataclass(frozen=True)
class Recipe:
    """An image: its files, its dependencies, its start; paths are relative to the checkout."""

    dockerfile: Path
    ignore: Path  # what it lets through goes in
    extra: str  # of pyproject.toml
    arguments: tuple[str, ...]  # of the interpreter, before the task's command
    environment: Mapping[str, str] = field(default_factory=lambda: QUIET)


SERVING = Recipe(FOLDER / "Dockerfile", Path(".dockerignore"), "serving", ("-m", "mlops_lab.serving"))
# Jobs: training, reports, the MLflow server; the task definition's command says which.
JOBS = Recipe(
    FOLDER / "jobs.Dockerfile",
    FOLDER / "jobs.Dockerfile.dockerignore",
    "jobs",
    (),
    {**QUIET, **YIELDING, "MLFLOW_DISABLE_TELEMETRY": "true"},
)


def repository(image: str) -> str:
    """Return the ECR repository of an image: a project's name, or `jobs`.

    Raises:
        LabError: There is no such image.
    """
    known = {**projects.repositories(), catalog.JOBS: catalog.JOBS_REPOSITORY}
    if image not in known:
        raise LabError(f"Image {image!r} is not known; use one of {', '.join(known)}.")
    return known[image]


def of(repository: str) -> Recipe:
    """Return what the images of a repository are made by."""
    return JOBS if repository == catalog.JOBS_REPOSITORY else SERVING
