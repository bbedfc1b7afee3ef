"""Bundles in the versioned models bucket, by an S3 client that is passed in."""

import re
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mlops_lab import catalog
from mlops_lab.errors import LabError
from mlops_lab.registry.bundle import MANIFEST, REPUBLISH, Bundle, digest, open_verified, refuse_huge

LOCATION = re.compile(r"s3://(?P<bucket>[^/]+)/(?P<prefix>.+/)")


def publish(s3: Any, bucket: str, bundle: Bundle) -> str:
    """Put a bundle under its version and return its URI.

    The manifest goes last and nothing is overwritten: a reader sees a whole bundle or none, and a version means the
    same bytes for ever. What was put of a bundle that could not be completed is removed.

    Raises:
        LabError: S3 refused a file, or something else lies under this version.
    """
    prefix = catalog.bundle_prefix(bundle.manifest["project"], bundle.manifest["version"])
    done: list[str] = []
    try:
        for name, content in [*bundle.files.items(), (MANIFEST, bundle.manifest_bytes)]:
            s3.put_object(
                Bucket=bucket, Key=prefix + name, Body=content, Metadata={"sha256": digest(content)}, IfNoneMatch="*"
            )
            done.append(prefix + name)
    except (BotoCoreError, ClientError) as error:
        _remove(s3, bucket, done)
        if isinstance(error, ClientError):
            raise LabError(_refused(bucket, prefix, error)) from error
        raise
    return f"s3://{bucket}/{prefix}"


def withdraw(s3: Any, bucket: str, bundle: Bundle) -> None:
    """Remove a bundle whose version is taken back, as far as S3 answers; the manifest goes first."""
    prefix = catalog.bundle_prefix(bundle.manifest["project"], bundle.manifest["version"])
    _remove(s3, bucket, [prefix + name for name in (MANIFEST, *bundle.files)])


def fetch(s3: Any, location: str, sha256: str) -> Bundle:
    """Read a bundle from ``s3://bucket/prefix/``, verified.

    Raises:
        LabError: The location is malformed, a file is missing, or it is not the one that the hashes name.
    """
    match = LOCATION.fullmatch(location)
    if match is None:
        raise LabError(f"{location!r} is not a bundle's location; use s3://bucket/models/project/version/.")

    def read(name: str) -> bytes:
        try:
            found = s3.get_object(Bucket=match["bucket"], Key=match["prefix"] + name)
        except ClientError as error:
            raise LabError(f"{location}{name} cannot be read ({_code(error)}); {REPUBLISH}.") from error
        refuse_huge(location + name, found["ContentLength"])
        content: bytes = found["Body"].read()
        return content

    return open_verified(read, sha256, location)


def ever_held(s3: Any, bucket: str, location: str) -> bool:
    """Tell whether a bundle lies in a bucket, or was deleted there: a versioned bucket remembers both.

    Raises:
        LabError: The bucket does not exist or may not be listed.
    """
    match = LOCATION.fullmatch(location)
    if match is None or match["bucket"] != bucket:
        return False
    try:
        found = s3.list_object_versions(Bucket=bucket, Prefix=match["prefix"] + MANIFEST, MaxKeys=1)
    except ClientError as error:
        raise LabError(_refused(bucket, match["prefix"], error)) from error
    return bool(found.get("Versions") or found.get("DeleteMarkers"))


def latest_version(s3: Any, bucket: str, project: str) -> int:
    """Return the highest version number under which anything of a project lies, or 0.

    Raises:
        LabError: The bucket does not exist or may not be listed.
    """
    prefix = catalog.bundle_prefix(project, "")[:-1]
    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
        folders = [item["Prefix"] for page in pages for item in page.get("CommonPrefixes", [])]
    except ClientError as error:
        raise LabError(_refused(bucket, prefix, error)) from error
    numbers = (folder.removeprefix(prefix).strip("/") for folder in folders)
    return max((int(number) for number in numbers if number.isdecimal()), default=0)


@dataclass(frozen=True)
class Published:
    """A version in the models bucket."""

    version: str
    uri: str
    sha256: str  # of its manifest: the bundle's identity


def find(s3: Any, bucket: str, project: str, version: str | None = None) -> Published:
    """Find a published version, the newest where none is named.

    Raises:
        LabError: There is no such version, or the bucket may not be read.
    """
    newest_first = map(str, range(latest_version(s3, bucket, project), 0, -1))
    for number in [version] if version else newest_first:
        prefix = catalog.bundle_prefix(project, number)
        with suppress(s3.exceptions.NoSuchKey):  # a version without a manifest was never published as a whole
            manifest = s3.get_object(Bucket=bucket, Key=prefix + MANIFEST)["Body"].read()
            return Published(number, f"s3://{bucket}/{prefix}", digest(manifest))
    wanted = f"version {version} of {project}" if version else f"version of {project}"
    raise LabError(f"No {wanted} is published in {bucket}; `make retrain PROJECT={project}` publishes one.")


def _remove(s3: Any, bucket: str, keys: list[str]) -> None:
    with suppress(BotoCoreError, ClientError):  # as far as S3 still answers; without a manifest nobody reads the rest
        for key in keys:
            s3.delete_object(Bucket=bucket, Key=key)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))


def _refused(bucket: str, prefix: str, error: ClientError) -> str:
    advice = {
        "NoSuchBucket": "the bucket does not exist; run `make apply`",
        "PreconditionFailed": "this version exists and a version is never overwritten; retrain to publish a new one",
        "AccessDenied": "access is denied; check the role",
    }
    return f"s3://{bucket}/{prefix}: {advice.get(_code(error), str(error))}."
