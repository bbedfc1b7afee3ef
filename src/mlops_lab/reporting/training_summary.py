"""What a workflow leaves on its page: a training run and what it became, and what the live API serves, as Markdown."""

from collections.abc import Mapping

from mlops_lab import projects
from mlops_lab.cloud import api
from mlops_lab.cloud.session import client, explained
from mlops_lab.errors import LabError
from mlops_lab.registry import history
from mlops_lab.registry.bundle import MANIFEST
from mlops_lab.settings import Settings


def newest(settings: Settings, project: str) -> str:
    """Describe the project's newest training run; inside a workflow, the newest of that workflow run.

    Raises:
        LabError: There is none, or MLflow or S3 cannot be used.
    """
    runs = history.runs(settings, projects.get(project).name, **settings.workflow_tags)
    if not runs:
        where = f"workflow run {settings.workflow_run}" if settings.workflow_run else "MLflow"
        raise LabError(f"{where} has no training run of {project}; `make retrain PROJECT={project}` makes one.")
    run = runs[0]
    if run.version is None:
        return markdown(project, run, None)
    with explained(settings):
        return markdown(project, run, history.read_stored(client(settings, "s3"), run.version))


def markdown(project: str, run: history.TrainingRun, stored: history.Stored | None) -> str:
    """Describe a run: its verdict, version and metrics, and the object versions it is kept as. Pure."""
    rows = [("verdict of the gate", run.gate), ("MLflow run", f"`{run.id}`"), ("commit", f"`{run.commit}`")]
    rows += [("seed", run.params.get("seed", ""))]
    if run.version is not None and stored is not None:
        rows += [
            ("bundle", f"`{run.version.bundle_uri}`"),
            ("SHA-256 of its manifest", f"`{run.version.bundle_sha256}`"),
        ]
        rows += [(f"object version of {MANIFEST}", f"`{history.manifest_version(stored)}`")]
    title = f"{project}: version {run.version.version}" if run.version else f"{project}: no new version"
    measured = [(name, f"{value:.4g}") for name, value in _own(run.metrics)]
    return f"### {title}\n\n{_table('what', 'value', rows)}\n\n{_table('metric', 'held-out rows', measured)}\n"


def serving(settings: Settings, project: str) -> str:
    """Describe what the project's live API serves.

    Raises:
        LabError: Nobody answers.
    """
    told = api.metadata(settings, project)
    rows = [(name, f"`{told[name]}`") for name in ("version", "run_id", "commit", "created", "bundle_sha256")]
    return f"### {project} is live\n\n{_table('what', 'value', rows)}\n"


def _own(metrics: Mapping[str, float]) -> list[tuple[str, float]]:
    """The model's own metrics: a baseline's end with the name of one of these, and those by group have a page."""
    own = [name for name in sorted(metrics) if not any(name.endswith(f"_{other}") for other in metrics)]
    return [(name, metrics[name]) for name in own if not name.endswith("_gap")]


def _table(left: str, right: str, rows: list[tuple[str, str]]) -> str:
    return "\n".join([f"| {left} | {right} |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])
