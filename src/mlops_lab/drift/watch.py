"""Looks for drift of a live model: the log against the champion's reference, the verdict to MLflow and CloudWatch."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis.expr.types as ir

from mlops_lab import catalog, projects
from mlops_lab.cloud import gauges
from mlops_lab.cloud.session import account, client, explained
from mlops_lab.data.window import parse
from mlops_lab.drift import athena, log, report
from mlops_lab.drift.report import Looked
from mlops_lab.drift.window import clock, told, within
from mlops_lab.errors import LabError
from mlops_lab.pipeline.counting import LOGGED_AT, count
from mlops_lab.pipeline.drift import Drift, compare
from mlops_lab.pipeline.features import FeatureSpec
from mlops_lab.pipeline.performance import measure
from mlops_lab.pipeline.reference import Reference, read_reference
from mlops_lab.projects.project import Classification, Project, Window
from mlops_lab.registry.bundle import FEATURES, PROFILE
from mlops_lab.registry.champion import Champion, champion
from mlops_lab.registry.tracking import Registry
from mlops_lab.settings import Settings

VERSION = "model_version"


def watch(settings: Settings, name: str, window: str = "") -> tuple[Looked, str]:
    """Compare a window of a project's log with its champion's reference; return the report and its MLflow run.

    Raises:
        LabError: No verdict could be given: there is no champion, its profile or the log lacks something that is
            compared, or S3, MLflow or CloudWatch cannot be used.
    """
    project, days = projects.get(name), parse(window)
    with explained(settings):
        known = _champion(settings, project.name)
        found, others = _compared(settings, project, days, reference_of(known))
        looked = Looked(project.name, told(days), clock(project), known.bundle.sha256, others, found)
        run = Registry(settings, catalog.drift_experiment(project.name)).log_report(report.recorded(looked))
        gauges.publish(settings, report.gauges(found), {"Project": project.name})
    return looked, run


def reference_of(known: Champion) -> Reference:
    """Read the reference of a champion's bundle.

    Raises:
        LabError: The profile cannot be read.
    """
    spec = FeatureSpec.from_document(known.bundle.document(FEATURES)["features"])
    return read_reference(known.version, spec, known.bundle.document(PROFILE))


def judged(
    project: Project, rows: ir.Table, labels: ir.Table | None, reference: Reference, days: Window | None
) -> tuple[Drift, int]:
    """Judge a window of a log; return the outcome and the rows that other versions have scored.

    Raises:
        LabError: The log or the labels lack a column.
    """
    if VERSION not in rows.columns:
        raise LabError(f"The log has no column {VERSION!r}; it has {', '.join(rows.columns)}.")
    positive = project.task.positive if isinstance(project.task, Classification) else None
    inside = within(rows, clock(project), days)
    mine = inside.filter(inside[VERSION] == reference.version)
    tally = count(mine, reference)
    performance = measure(mine, labels, reference.known_losses, positive) if labels is not None else None
    return compare(reference, tally, performance), int(inside.count().to_pyarrow().as_py()) - tally.rows


def _champion(settings: Settings, project: str) -> Champion:
    found = champion(Registry(settings, project), client(settings, "s3"), catalog.models_bucket(account(settings)))
    if found is None:
        raise LabError(f"{project} has no champion to compare with; `make retrain PROJECT={project}` makes one.")
    return found


def _compared(settings: Settings, project: Project, days: Window | None, reference: Reference) -> tuple[Drift, int]:
    if settings.log_engine == "athena":
        return judged(project, *athena.tables(settings, project.name), reference, days)
    partitions = days if clock(project) == LOGGED_AT else None
    with TemporaryDirectory(prefix="drift-") as folder, log.connected(Path(folder)) as database:
        rows, labels = _downloaded(settings, project.name, database, Path(folder), partitions)
        if rows is None:
            return Drift(reference.version, 0, 0, (), None, None), 0
        return judged(project, rows, labels, reference, days)


def _downloaded(
    settings: Settings, project: str, database: Any, folder: Path, days: Window | None
) -> tuple[ir.Table | None, ir.Table | None]:
    s3, bucket = client(settings, "s3"), catalog.predictions_bucket(account(settings))
    predictions = log.fetch(s3, bucket, catalog.predictions_prefix(project), folder / "log", days)
    labels = log.fetch(s3, bucket, catalog.labels_prefix(project), folder / "labels")
    return log.open_once(database, "log", predictions), log.open_once(database, "labels", labels)
