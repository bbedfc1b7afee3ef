"""ECR's control plane, by a boto3 client that is passed in."""

import base64
import hashlib
from typing import Any

from botocore.exceptions import ClientError

from mlops_lab.errors import LabError


def repository_uri(ecr: Any, repository: str) -> str:
    """Return ``<registry>/<repository>``.

    Raises:
        LabError: There is no such repository.
    """
    try:
        (found,) = ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    except ClientError as error:
        if _code(error) != "RepositoryNotFoundException":
            raise
        raise LabError(f"ECR has no repository {repository}; run `make apply` first.") from None
    return str(found["repositoryUri"])


def find(ecr: Any, repository: str, tag: str) -> str | None:
    """Return the digest of a tag, or None."""
    try:
        (found,) = ecr.describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])["imageDetails"]
    except ClientError as error:
        if _code(error) != "ImageNotFoundException":
            raise
        return None
    return str(found["imageDigest"])


def put(ecr: Any, repository: str, tag: str, manifest: bytes, media_type: str) -> str:
    """Register a manifest under a tag and return its digest; the same one again changes nothing.

    Raises:
        LabError: The tag names another manifest, or ECR computes another digest.
    """
    digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    found = find(ecr, repository, tag)
    if found is None:
        answer = ecr.put_image(
            repositoryName=repository,
            imageManifest=manifest.decode(),
            imageManifestMediaType=media_type,
            imageTag=tag,
            imageDigest=digest,
        )
        found = str(answer["image"]["imageId"]["imageDigest"])
    if found != digest:
        raise LabError(
            f"ECR names {repository}:{tag} {found}, the built one is {digest}; delete that tag and push again."
        )
    return digest


def credentials(ecr: Any) -> tuple[str, str, str]:
    """Return registry, user and password for ``docker login``; they hold for twelve hours."""
    (data,) = ecr.get_authorization_token()["authorizationData"]
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return data["proxyEndpoint"].removeprefix("https://"), user, password


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code"))
