"""The image registry as a container, for an engine in a virtual machine or where no binary is installed."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from docker.errors import APIError, ImageNotFound, NotFound  # type: ignore[import-untyped]

from mlops_lab.errors import LabError

IMAGE = "registry:2"
INSIDE = 5000  # the image's port
LOOPBACK = "127.0.0.1"


class RegistryContainer:
    """The registry's own image, run by the engine with the images in a folder of this machine."""

    def __init__(self, client: Any, folder: Path, port: int):
        self._client = client
        self._folder = folder / "images"
        self._port = port
        self._name = f"mlops-lab-registry-{port}"

    def start(self) -> None:
        """Create and start the container; its image is pulled where the engine has not got it.

        Raises:
            LabError: The image cannot be pulled, or the container cannot start.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._require_image()
            self._client.start(self._create())
        except APIError as error:
            said = " ".join(str(error.explanation or error).split())
            raise LabError(
                f"The image registry cannot run from {IMAGE} ({said}); install docker-registry, or set "
                "LAB_DRIVER=process to do without containers."
            ) from None

    def stop(self) -> None:
        """Remove the container; the folder stays."""
        with suppress(NotFound):
            self._client.remove_container(self._name, force=True)

    @property
    def is_running(self) -> bool:
        """Whether the container runs."""
        try:
            return bool(self._client.inspect_container(self._name)["State"]["Running"])
        except NotFound:
            return False

    def _create(self) -> str:
        config = self._client.create_host_config(
            port_bindings={INSIDE: (LOOPBACK, self._port)}, binds=[f"{self._folder}:/var/lib/registry"]
        )
        created = self._client.create_container(
            IMAGE, name=self._name, ports=[INSIDE], user=f"{os.getuid()}:{os.getgid()}", host_config=config
        )
        return str(created["Id"])

    def _require_image(self) -> None:
        try:
            self._client.inspect_image(IMAGE)
        except ImageNotFound:
            self._client.pull(IMAGE)
