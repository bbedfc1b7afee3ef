"""Amazon ECR: an image is its manifest, so its digest is the manifest's SHA-256, and immutable tags stay."""

import hashlib
import json
from typing import Any

import moto.ecr.models
import moto.ecr.urls
from moto.core.exceptions import ServiceException
from moto.ecr.models import ECRBackend, Image, ecr_backends

from mlops_lab.localcloud.plane.extension.routes import extend


class EcrError(ServiceException):  # type: ignore[misc]
    """An error of the ECR API, by its code."""


class ManifestImage(Image):  # type: ignore[misc]
    """An image or another OCI artifact."""

    def _create_digest(self) -> None:
        self._image_digest = f"sha256:{hashlib.sha256(self.image_manifest.encode()).hexdigest()}"

    @property
    def artifact_media_type(self) -> str | None:
        """What kind of artifact the manifest is of."""
        manifest = self._manifest
        kind: str | None = manifest.get("artifactType") or (manifest.get("config") or {}).get("mediaType")
        return kind

    def get_image_size_in_bytes(self) -> int:
        """Sum of what the manifest refers to."""
        parts = [*self._manifest.get("layers", []), self._manifest.get("config") or {}]
        return sum(part.get("size", 0) for part in parts)

    @property
    def _manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads(self.image_manifest)
        return manifest


class ManifestBackend(ECRBackend):  # type: ignore[misc]
    """Moto's repositories with AWS's errors for what is pushed."""

    def put_image(
        self,
        repository_name: str,
        image_manifest: str,
        image_tag: str | None,
        image_manifest_mediatype: str | None = None,
        digest: str | None = None,
    ) -> Image:
        """Add a manifest or a tag of one."""
        repository = self._get_repository(repository_name)
        actual = f"sha256:{hashlib.sha256(image_manifest.encode()).hexdigest()}"
        if digest is not None and digest != actual:
            raise EcrError(
                "ImageDigestDoesNotMatchException", f"The image digest {digest} is not the manifest's: {actual}"
            )
        tagged = [image for image in repository.images if image_tag is not None and image_tag in image.image_tags]
        if repository.is_tag_immutable() and any(image.image_manifest != image_manifest for image in tagged):
            raise EcrError(
                "ImageTagAlreadyExistsException",
                f"The image tag '{image_tag}' already exists in the '{repository_name}' repository "
                "and cannot be overwritten because the repository is immutable.",
            )
        return super().put_image(repository_name, image_manifest, image_tag, image_manifest_mediatype, None)


def install() -> None:
    """Replace moto's backend and images."""
    moto.ecr.models.Image = ManifestImage
    extend(ecr_backends, ManifestBackend, moto.ecr.urls)
