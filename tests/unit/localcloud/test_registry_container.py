from pathlib import Path
from typing import Any

import pytest
from docker.errors import APIError, ImageNotFound, NotFound

from mlops_lab.errors import LabError
from mlops_lab.localcloud.registry_container import RegistryContainer


class FakeEngine:
    """An engine that has images and containers by name."""

    def __init__(self, images: set[str], reachable: set[str]):
        self.images = images
        self._reachable = reachable
        self.containers: dict[str, dict[str, Any]] = {}

    def inspect_image(self, image: str) -> None:
        if image not in self.images:
            raise ImageNotFound(image)

    def pull(self, image: str) -> None:
        if image not in self._reachable:
            raise APIError("refused", explanation="no such host")
        self.images.add(image)

    def create_host_config(self, **options: Any) -> dict[str, Any]:
        return options

    def create_container(self, image: str, name: str, **options: Any) -> dict[str, str]:
        self.containers[name] = {"image": image, "running": False, **options}
        return {"Id": name}

    def start(self, name: str) -> None:
        self.containers[name]["running"] = True

    def inspect_container(self, name: str) -> dict[str, Any]:
        if name not in self.containers:
            raise NotFound(name)
        return {"State": {"Running": self.containers[name]["running"]}}

    def remove_container(self, name: str, force: bool) -> None:
        if self.containers.pop(name, None) is None:
            raise NotFound(name)


def test_it_is_published_on_loopback_only_and_keeps_its_images_in_the_folder(tmp_path: Path):
    engine = FakeEngine({"registry:2"}, set())

    RegistryContainer(engine, tmp_path, 5002).start()

    (container,) = engine.containers.values()
    assert container["host_config"]["port_bindings"] == {5000: ("127.0.0.1", 5002)}
    assert container["host_config"]["binds"] == [f"{tmp_path / 'images'}:/var/lib/registry"]


def test_its_image_is_pulled_where_it_is_missing(tmp_path: Path):
    keeper = RegistryContainer(FakeEngine(set(), {"registry:2"}), tmp_path, 5002)

    keeper.start()

    assert keeper.is_running


def test_an_image_that_cannot_be_pulled_says_what_to_do(tmp_path: Path):
    keeper = RegistryContainer(FakeEngine(set(), set()), tmp_path, 5002)

    with pytest.raises(LabError, match=r"registry:2 \(no such host\); install docker-registry"):
        keeper.start()


def test_a_stopped_one_is_gone_and_stopping_again_is_no_error(tmp_path: Path):
    keeper = RegistryContainer(FakeEngine({"registry:2"}, set()), tmp_path, 5002)
    keeper.start()

    keeper.stop()
    keeper.stop()

    assert not keeper.is_running
