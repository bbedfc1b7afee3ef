"""A project's past: its training runs in MLflow, each with the version it became, as the bucket keeps that."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_lab.errors import LabError
from mlops_lab.registry.bundle import MANIFEST, Bundle, open_verified
from mlops_lab.registry.store import LOCATION
from mlops_lab.registry.tracking import GATE, Registry, Version
from mlops_lab.settings import Settings


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
        return self.tags.get(GATE, "unknown")

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
        LabError: MLflow cannot be used.
    """
    registry = Registry(settings, project)
    versions = {each.run_id: each for each in registry.versions()}
    return [_run(each, versions.get(each.info.run_id)) for each in registry.runs(**tags)]


def read_stored(s3: Any, version: Version) -> Stored:
    """Read a published version by the object versions that the bucket has, and verify every file.

    Raises:
        LabError: A file is not the one that the hashes name, or has no object version.
    """
    match = LOCATION.fullmatch(version.bundle_uri)
    if match is None:
        raise LabError(f"{version.bundle_uri!r} is not a bundle's location; use s3://bucket/models/project/version/.")
    seen: dict[str, str] = {}

    def read(name: str) -> bytes:
        place = {"Bucket": match["bucket"], "Key": match["prefix"] + name}
        seen[name] = s3.head_object(**place).get("VersionId", "null")
        if seen[name] == "null":
            raise LabError(f"{version.bundle_uri}{name} has no object version; switch versioning on with `make apply`.")
        content: bytes = s3.get_object(**place, VersionId=seen[name])["Body"].read()
        return content

    return Stored(seen, open_verified(read, version.bundle_sha256, version.bundle_uri))


def manifest_version(stored: Stored) -> str:
    """S3's version id of the manifest, which vouches for the rest."""
    return stored.versions[MANIFEST]


def _run(found: Any, version: Version | None) -> TrainingRun:
    info, data = found.info, found.data
    return TrainingRun(info.run_id, info.status, data.tags, data.params, data.metrics, version)
