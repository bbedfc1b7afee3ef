"""The process form: the application packaged to run as a process, where no container engine answers.

It is no container image and says so: its manifest has an artifact type of its own. Its layers are documents that
describe an environment and the application's files; both are on this machine only.
"""

import compileall
import hashlib
import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from py_compile import PycInvalidationMode
from typing import Any, Protocol

from mlops_lab.delivery import context, ecr
from mlops_lab.delivery import recipe as recipes
from mlops_lab.delivery.assembly import alone, assembling, folder_size
from mlops_lab.delivery.built import Built
from mlops_lab.delivery.recipe import Recipe
from mlops_lab.progress import Say

ARTIFACT = "application/vnd.mlops-lab.process.v1"
ENVIRONMENT_LAYER = "application/vnd.mlops-lab.process.environment.v1+json"
CODE_LAYER = "application/vnd.mlops-lab.process.code.v1+json"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
EMPTY = b"{}"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
MANIFEST, IMAGE = "manifest.json", "image.json"


class Interpreter(Protocol):
    """What a packaged application runs in."""

    @property
    def description(self) -> bytes:
        """A JSON document of what decides its content."""

    @property
    def python(self) -> Path:
        """Its interpreter."""

    @property
    def size_bytes(self) -> int:
        """What it takes on the disk for the package's sake."""

    def ensure(self) -> bool:
        """Install it where it is missing; return whether it was."""


class Packager:
    """Builds process packages in ``<images>/<repository>/<sha256 of the manifest>/``."""

    def __init__(self, root: Path, images: Path, environment: Interpreter):
        self._root = root
        self._images = images
        self._environment = environment

    def build(self, repository: str, say: Say) -> Built:
        """Build what is missing of environment, code and package."""
        start = time.monotonic()
        recipe = recipes.of(repository)
        application = context.application(self._root, recipe)
        listing = context.listing(self._root, application.values())
        manifest = _manifest(self._environment.description, listing)
        digest = hashlib.sha256(manifest).hexdigest()
        with alone(self._images):
            if self._environment.ensure():
                say(f"installed the {recipe.extra} environment in {time.monotonic() - start:.1f} s")
            layer = self._ensure_code(hashlib.sha256(listing).hexdigest(), application)
            self._ensure_package(self._images / repository / digest, manifest, self._image(layer, recipe))
        size = self._environment.size_bytes + folder_size(layer)
        seconds = time.monotonic() - start
        return Built(repository, f"sha256:{digest}", f"process-{digest[:12]}", "process", size, seconds)

    def python(self, built: Built) -> list[str]:
        """Return the command that runs the environment's interpreter."""
        return [str(self._environment.python)]

    def push(self, built: Built, ecr_client: Any) -> str:
        """Register the package's manifest with ECR; its content is on this machine already."""
        manifest = (self._images / built.repository / built.id.removeprefix("sha256:") / MANIFEST).read_bytes()
        return ecr.put(ecr_client, built.repository, built.tag, manifest, MANIFEST_TYPE)

    def _ensure_code(self, digest: str, application: Mapping[Path, Path]) -> Path:
        layer = self._images / "code" / digest
        if not layer.is_dir():
            with assembling(layer) as new:
                for place, path in application.items():
                    target = new / place
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(self._root / path, target)
                # Never checked against the source: the folder does not change.
                compileall.compile_dir(new, ddir=layer, quiet=2, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH)
        return layer

    def _ensure_package(self, folder: Path, manifest: bytes, image: dict[str, Any]) -> None:
        content = json.dumps(image, indent=1).encode()
        if (folder / IMAGE).is_file() and (folder / IMAGE).read_bytes() == content:
            return
        with assembling(folder) as new:
            (new / MANIFEST).write_bytes(manifest)
            (new / IMAGE).write_bytes(content)

    def _image(self, layer: Path, recipe: Recipe) -> dict[str, Any]:
        path = f"{self._environment.python.parent}:{os.defpath}"  # as in an image, `python` is the one that serves
        return {
            "entry_point": [str(self._environment.python), *recipe.arguments],
            "command": [],
            "environment": {"PYTHONPATH": str(layer), "LAB_ROOT": str(layer), "PATH": path, **recipe.environment},
            "working_directory": str(layer),
        }


def _manifest(environment: bytes, code: bytes) -> bytes:
    content = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "artifactType": ARTIFACT,
        "config": _descriptor(EMPTY_TYPE, EMPTY),
        "layers": [_descriptor(ENVIRONMENT_LAYER, environment), _descriptor(CODE_LAYER, code)],
        "annotations": {"org.opencontainers.image.description": "runs as a process on the machine that built it"},
    }
    return json.dumps(content, sort_keys=True, indent=1).encode()


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {
        "mediaType": media_type,
        "digest": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "size": len(content),
    }
