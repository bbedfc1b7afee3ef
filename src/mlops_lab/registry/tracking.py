"""MLflow: runs and registered versions, through the lab's own server."""

import errno
import logging
import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from mlops_lab.cloud import api
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

BUNDLE_URI = "bundle_uri"  # tags of a model version; one without them was never published
BUNDLE_SHA256 = "bundle_sha256"
GATE = "gate"  # tag of a run: passed or refused
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
CHAMPION, CHALLENGER, PREVIOUS = "champion", "challenger", "previous"  # aliases of registered versions
# A server that is down is told of in seconds, not after MLflow's own minutes of attempts; its progress bars are silent.
QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}


@dataclass(frozen=True)
class RunRecord:
    """What is kept of a training run."""

    model: Any
    requirements: tuple[str, ...]  # pip's, stated, because MLflow takes seconds to guess them
    provenance: Mapping[str, Any]  # of the data: file, sha256, and whatever else is known
    params: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    documents: Mapping[str, Any] = field(default_factory=dict)  # artefact file -> JSON values
    figures: Mapping[str, Any] = field(default_factory=dict)  # artefact file -> matplotlib figure


@dataclass(frozen=True)
class Report:
    """What is kept of a run that trains nothing."""

    params: Mapping[str, Any]
    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    documents: Mapping[str, Any] = field(default_factory=dict)  # artefact file -> JSON values
    figures: Mapping[str, Any] = field(default_factory=dict)  # artefact file -> matplotlib figure


@dataclass(frozen=True)
class LoggedModel:
    """A model in the tracking store, not yet registered."""

    run_id: str
    uri: str
    model_id: str


@dataclass(frozen=True)
class Version:
    """A registered version that was published."""

    version: str
    run_id: str
    bundle_uri: str
    bundle_sha256: str
    aliases: tuple[str, ...]


class Registry:
    """One project's experiment and registered model; both are made on first use.

    Every method raises LabError where MLflow cannot be used.
    """

    def __init__(self, settings: Settings, project: str):
        self.project = project
        self._uri = api.mlflow_uri(settings)

    def log_run(self, record: RunRecord) -> LoggedModel:
        """Log a run with its model; a run that breaks off is marked as failed."""
        with self._mlflow() as mlflow, mlflow.start_run(experiment_id=self._experiment(mlflow)) as run:
            _log_values(mlflow, record)
            mlflow.log_input(_dataset(record), context="training")
            logged = _log_model(record)
        return LoggedModel(run.info.run_id, logged.model_uri, logged.model_id)

    def log_report(self, report: Report) -> str:
        """Log a run that trains nothing and return its id; one that breaks off is marked as failed."""
        with self._mlflow() as mlflow, mlflow.start_run(experiment_id=self._experiment(mlflow)) as run:
            _log_values(mlflow, report)
        return str(run.info.run_id)

    def register(self, logged: LoggedModel, above: int) -> str:
        """Register a logged model and return its version number, the first one above `above`.

        `above` is the highest number in the bucket: a registry that was lost starts again at 1, and a version must
        never mean two models.
        """
        with self._mlflow() as mlflow:
            client = mlflow.MlflowClient()
            if not client.search_registered_models(f"name = '{self.project}'"):
                client.create_registered_model(self.project)
            version = self._create_version(client, logged)
            while version <= above:
                taken, version = version, self._create_version(client, logged)
                client.delete_model_version(self.project, str(taken))
            return str(version)

    def mark_published(self, version: str, uri: str, sha256: str) -> None:
        """Note on a version where its bundle lies; until then nobody may deploy it."""
        with self._mlflow() as mlflow:
            client = mlflow.MlflowClient()
            client.set_model_version_tag(self.project, version, BUNDLE_SHA256, sha256)
            client.set_model_version_tag(self.project, version, BUNDLE_URI, uri)

    def aliased(self, alias: str) -> Version | None:
        """Return the version that an alias names, or None."""
        return next((each for each in self.versions() if alias in each.aliases), None)

    def versions(self) -> list[Version]:
        """Return the published versions, the newest first."""
        with self._mlflow() as mlflow:
            client = mlflow.MlflowClient()
            named: dict[str, list[str]] = {}
            for model in client.search_registered_models(f"name = '{self.project}'"):
                for alias, version in model.aliases.items():
                    named.setdefault(str(version), []).append(alias)
            found = client.search_model_versions(f"name = '{self.project}'", order_by=["version_number DESC"])
            return [_version(each, named) for each in found if BUNDLE_URI in each.tags]

    def point(self, aliases: Mapping[str, str | None]) -> None:
        """Let aliases name versions, or nothing where the version is None."""
        with self._mlflow() as mlflow:
            client = mlflow.MlflowClient()
            for alias, version in aliases.items():
                if version is None:
                    client.delete_registered_model_alias(self.project, alias)
                else:
                    client.set_registered_model_alias(self.project, alias, version)

    def runs(self, **tags: str) -> list[Any]:
        """Return the runs that have these tags as MLflow has them, the newest first."""
        wanted = " and ".join(f"tags.{name} = '{value}'" for name, value in tags.items())
        with self._mlflow() as mlflow:
            experiment, newest_first = self._experiment(mlflow), ["attributes.start_time DESC"]
            return list(mlflow.MlflowClient().search_runs([experiment], wanted, order_by=newest_first))

    def run(self, run_id: str) -> Any:
        """Return a run as MLflow has it."""
        with self._mlflow() as mlflow:
            return mlflow.MlflowClient().get_run(run_id)

    def run_tags(self, run_id: str) -> dict[str, str]:
        """Return the tags of a run."""
        with self._mlflow() as mlflow:
            return dict(mlflow.MlflowClient().get_run(run_id).data.tags)

    def document(self, run_id: str, name: str) -> dict[str, Any]:
        """Return a JSON document that was logged with a run."""
        with self._mlflow() as mlflow:
            return dict(mlflow.artifacts.load_dict(f"runs:/{run_id}/{name}"))

    def artefacts(self, run_id: str) -> list[str]:
        """Return the names of what was logged with a run, at its top."""
        with self._mlflow() as mlflow:
            return [each.path for each in mlflow.MlflowClient().list_artifacts(run_id)]

    def notes(self) -> dict[str, str]:
        """Return what was noted on the registered model, by key."""
        with self._mlflow() as mlflow:
            found = mlflow.MlflowClient().search_registered_models(f"name = '{self.project}'")
            return dict(found[0].tags) if found else {}

    def note(self, key: str, text: str) -> None:
        """Note something on the registered model; a key that exists gets the new text."""
        with self._mlflow() as mlflow:
            mlflow.MlflowClient().set_registered_model_tag(self.project, key, text)

    def unregister(self, version: str, run_id: str) -> None:
        """Take back a version that could not be published and mark its run as failed, as far as MLflow answers."""
        with suppress(LabError), self._mlflow() as mlflow:
            client = mlflow.MlflowClient()
            client.delete_model_version(self.project, version)
            client.set_terminated(run_id, "FAILED")

    def _create_version(self, client: Any, logged: LoggedModel) -> int:
        created = client.create_model_version(
            self.project, source=logged.uri, run_id=logged.run_id, model_id=logged.model_id
        )
        return int(created.version)

    def _experiment(self, mlflow: Any) -> str:
        client = mlflow.MlflowClient()
        found = client.get_experiment_by_name(self.project)
        if found is not None:
            return str(found.experiment_id)
        return str(client.create_experiment(self.project))

    @contextmanager
    def _mlflow(self) -> Iterator[Any]:
        mlflow = load_mlflow()
        try:
            mlflow.set_tracking_uri(self._uri)
            mlflow.set_registry_uri(self._uri)
            yield mlflow
        except (OSError, mlflow.MlflowException) as error:
            if isinstance(error, OSError) and error.errno in FULL:
                raise LabError(f"This machine has no room to write ({error}); free some, then repeat.") from error
            said = " ".join(str(error).split())[:300]
            raise LabError(f"MLflow at {self._uri} cannot be used ({said}); see `make status`, then repeat.") from error


def _version(found: Any, named: Mapping[str, list[str]]) -> Version:
    aliases = tuple(sorted(named.get(str(found.version), ())))
    return Version(str(found.version), found.run_id, found.tags[BUNDLE_URI], found.tags[BUNDLE_SHA256], aliases)


def load_mlflow() -> Any:
    """Import MLflow, which takes a second, with its telemetry off and its progress messages silent."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():  # tqdm misses ipywidgets in a notebook, and names a path of this machine
        warnings.filterwarnings("ignore", message="IProgress not found")
        import mlflow

    for name in ("mlflow", "alembic"):  # after the import, which configures them
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow


def _log_values(mlflow: Any, record: RunRecord | Report) -> None:
    mlflow.log_params(dict(record.params))
    mlflow.log_metrics(dict(record.metrics))
    mlflow.set_tags(dict(record.tags))
    for name, document in record.documents.items():
        mlflow.log_dict(document, name)
    for name, figure in record.figures.items():
        mlflow.log_figure(figure, name)


def _dataset(record: RunRecord) -> Any:
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset

    provenance = record.provenance
    source = CodeDatasetSource({name: str(value) for name, value in provenance.items()})
    return MetaDataset(source, name=provenance["file"], digest=provenance["sha256"][:32])  # MLflow keeps 36 characters


def _log_model(record: RunRecord) -> Any:
    import mlflow.sklearn
    import skops.io  # type: ignore[import-untyped]

    # skops lists types it does not vouch for, such as HistGradientBoosting's trees; this process has just built them.
    trusted = skops.io.get_untrusted_types(data=skops.io.dumps(record.model))
    return mlflow.sklearn.log_model(
        record.model, name="model", pip_requirements=list(record.requirements), skops_trusted_types=trusted
    )
