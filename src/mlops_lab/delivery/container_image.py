"""The docker form: an image built from the Dockerfile by the container engine."""

import hashlib
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from docker.errors import ImageNotFound  # type: ignore[import-untyped]

from mlops_lab.delivery import context
from mlops_lab.delivery import recipe as recipes
from mlops_lab.delivery.built import Built
from mlops_lab.delivery.engine import Engine
from mlops_lab.delivery.recipe import Recipe
from mlops_lab.errors import LabError
from mlops_lab.progress import Say
from mlops_lab.registry.commit import current_commit

BASE = "python:3.11-slim"  # of the Dockerfiles
FAILURE_LINES = 3


class Destination(Protocol):
    """A registry that ECR lists the images of."""

    def push(self, built: Built, ecr: Any) -> str:
        """Push the engine's ``<repository>:<tag>`` and return the digest."""


@dataclass(frozen=True)
class ImageBuilder:
    """Builds images with the container engine and pushes them to a registry."""

    engine: Engine
    root: Path
    version: str
    platform: str | None  # as `docker build --platform` takes it; None: the engine's own
    destination: Destination

    def build(self, repository: str, say: Say) -> Built:
        """Build from the Dockerfile; the engine's cache keeps what did not change."""
        start = time.monotonic()
        recipe = recipes.of(repository)
        tag = self._tag(recipe)
        say(f"building {repository}:{tag} with the container engine {self.engine.version}")
        self._docker_build(f"{repository}:{tag}", recipe)
        image = self.engine.client.inspect_image(f"{repository}:{tag}")
        seconds = time.monotonic() - start
        return Built(repository, image["Id"], tag, "docker", image["Size"], seconds, self._base_bytes())

    def python(self, built: Built) -> list[str]:
        """Return the command that runs the image's interpreter, with no network."""
        return ["docker", "run", "--rm", "--network", "none", "--entrypoint", "python", built.id]

    def push(self, built: Built, ecr: Any) -> str:
        """Push to the registry that ECR lists, and return the digest."""
        return self.destination.push(built, ecr)

    def _base_bytes(self) -> int:
        """What the base image takes; 0 where the engine keeps it for itself, as BuildKit does."""
        try:
            return int(self.engine.client.inspect_image(BASE)["Size"])
        except ImageNotFound:
            return 0

    def _tag(self, recipe: Recipe) -> str:
        paths = [*context.files(self.root, recipe), recipe.dockerfile]
        content = context.listing(self.root, paths) + (self.platform or "").encode()
        return hashlib.sha256(content).hexdigest()[:12]

    def _docker_build(self, name: str, recipe: Recipe) -> None:
        labels = {"REVISION": current_commit(self.root), "VERSION": self.version}
        arguments = [f"--build-arg={name}={value}" for name, value in labels.items()]
        platform = ["--platform", self.platform] if self.platform else []
        command = ["docker", "build", "--file", str(recipe.dockerfile), "--tag", name, *arguments, *platform]
        # A folder with the recipe's files alone: the engine's older builder knows one ignore file for all images.
        with tempfile.TemporaryDirectory() as folder:
            for path in [*context.files(self.root, recipe), recipe.dockerfile]:
                target = Path(folder) / path
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(self.root / path, target)
            done = subprocess.run(
                [*command, *self.engine.build_options, "."], cwd=folder, capture_output=True, text=True
            )
        if done.returncode:
            said = " | ".join((done.stdout + done.stderr).strip().splitlines()[-FAILURE_LINES:])
            raise LabError(f"The image {name} cannot be built: {said}. Run `docker build -f {recipe.dockerfile} .`.")
