"""A project's past: its training runs in MLflow, each with the version it became, as the bucket keeps that."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from mlops_lab.errors import LabError
from mlops_lab.registry.bundle import MANIFEST, Bundle, open_verified
from mlops_lab.registry.store import LOCATION
from mlops_lab.registry.tracking import BUNDLE_SHA256, BUNDLE_URI, load_mlflow
from mlops_lab.settings import Settings


@dataclass(frozen=True)
class Version:
    """A published model version."""

    number: str
    uri: str
    sha256: str  # of its manifest


@dataclass(frozen=True)
class TrainingRun:
    """A training run as MLflow has it."""

    id: str
    status: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    version: Version | None  # None: it was never published

    @property
    def gate(self) -> str:
        """The gate's verdict."""
        return self.tags.get("gate", "unknown")

    @property
    def commit(self) -> str:
        """The commit it was trained from."""
        return self.tags.get("commit", "unknown")


@dataclass(frozen=True)
class Stored:
    """A bundle whose every file was read by its object version and verified."""

    versions: Mapping[str, str]  # file -> S3 version id
    bundle: Bundle


def runs(settings: Settings, project: str, **tags: str) -> list[TrainingRun]:
    """Return the project's training runs that have these tags, newest first.

    Raises:
        LabError: MLflow's store cannot be used.
    """
    with _client(settings) as client:
        experiment = client.get_experiment_by_name(project)
        if experiment is None:
            return []
        versions = _versions(client, project)
        wanted = " and ".join(f"tags.{name} = '{value}'" for name, value in tags.items())
        found = client.search_runs([experiment.experiment_id], wanted, order_by=["attributes.start_time DESC"])
    return [_run(each, versions) for each in found]


def published(settings: Settings, project: str) -> list[Version]:
    """Return the project's published versions, newest first.

    Raises:
        LabError: MLflow's store cannot be used.
    """
    with _client(settings) as client:
        found = _versions(client, project)
    return sorted(found.values(), key=lambda each: int(each.number), reverse=True)


def read_stored(s3: Any, version: Version) -> Stored:
    """Read a published version by the object versions that the bucket has, and verify every file.

    Raises:
        LabError: A file is not the one that the hashes name, or has no object version.
    """
    match = LOCATION.fullmatch(version.uri)
    if match is None:
        raise LabError(f"{version.uri!r} is not a bundle's location; use s3://bucket/models/project/version/.")
    seen: dict[str, str] = {}

    def read(name: str) -> bytes:
        place = {"Bucket": match["bucket"], "Key": match["prefix"] + name}
        seen[name] = s3.head_object(**place).get("VersionId", "null")
        if seen[name] == "null":
            raise LabError(f"{version.uri}{name} has no object version; switch versioning on with `make apply`.")
        content: bytes = s3.get_object(**place, VersionId=seen[name])["Body"].read()
        return content

    return Stored(seen, open_verified(read, version.sha256, version.uri))


def manifest_version(stored: Stored) -> str:
    """S3's version id of the manifest, which vouches for the rest."""
    return stored.versions[MANIFEST]


@contextmanager
def _client(settings: Settings) -> Iterator[Any]:
    mlflow = load_mlflow()
    try:
        yield mlflow.MlflowClient(tracking_uri=settings.mlflow_uri, registry_uri=settings.mlflow_uri)
    except (OSError, mlflow.MlflowException) as error:
        said = " ".join(str(error).split())[:300]
        raise LabError(f"MLflow's store {settings.mlflow_uri} cannot be used ({said}); check the folder.") from error


def _versions(client: Any, project: str) -> dict[str, Version]:
    found = client.search_model_versions(f"name = '{project}'")
    return {
        each.run_id: Version(str(each.version), each.tags[BUNDLE_URI], each.tags[BUNDLE_SHA256])
        for each in found
        if BUNDLE_URI in each.tags
    }


def _run(found: Any, versions: Mapping[str, Version]) -> TrainingRun:
    info, data = found.info, found.data
    return TrainingRun(info.run_id, info.status, data.tags, data.params, data.metrics, versions.get(info.run_id))
