"""The process form with its real environment: packaged, registered with ECR, run by the process driver."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from moto.moto_api._internal.models import moto_api_backend as moto_api
from moto.server import ThreadedMotoServer

from mlops_lab import projects
from mlops_lab.catalog import Paths
from mlops_lab.cloud.session import client
from mlops_lab.delivery import image
from mlops_lab.delivery.built import Image
from mlops_lab.errors import LabError
from mlops_lab.localcloud.driver import Container
from mlops_lab.localcloud.process_driver import Package, ProcessDriver
from mlops_lab.registry import bundle as bundles
from mlops_lab.registry.bundle import Bundle
from mlops_lab.settings import Settings

ROOT = Path(__file__).parents[2]
REPOSITORY = projects.repositories()["income"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    plane = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    plane.start()
    _, port = plane.get_host_and_port()
    settings = Settings(root=ROOT, state=tmp_path_factory.mktemp("lab"), cloud_port=port, driver="process")
    client(settings, "ecr").create_repository(repositoryName=REPOSITORY, imageTagMutability="IMMUTABLE")
    yield settings
    moto_api.reset()  # moto's state is the process's: the next server must find nothing
    plane.stop()


@pytest.fixture(scope="module")
def published(settings: Settings) -> Image:
    return image.publish("income", settings, print)


@pytest.fixture
def driver(settings: Settings, tmp_path: Path) -> Iterator[ProcessDriver]:
    driver = ProcessDriver(tmp_path, Paths(settings.root, settings.state_dir).images)
    yield driver
    for status in driver.statuses():
        driver.kill(status.id)


def printed(driver: ProcessDriver, lines: int) -> list[str]:
    """The first lines of the container's log, once they are there."""
    deadline = time.monotonic() + 30
    while len(seen := driver.logs("t-1-app", None)[0]) < lines:
        assert time.monotonic() < deadline, f"printed only {seen}"
        time.sleep(0.02)
    return [line.message for line in seen]


def test_ecr_lists_the_package_by_the_digest_of_its_manifest(published: Image, settings: Settings):
    (listed,) = client(settings, "ecr").describe_images(repositoryName=REPOSITORY)["imageDetails"]

    assert listed["imageDigest"] == published.digest
    assert listed["imageTags"] == [published.tag]
    assert published.uri.endswith(f".amazonaws.com/{REPOSITORY}@{published.digest}")


def test_an_unchanged_package_is_published_again_under_the_same_digest(published: Image, settings: Settings):
    again = image.publish("income", settings, print)

    assert (again.digest, again.tag) == (published.digest, published.tag)


def test_the_environment_holds_the_lock_s_versions_and_nothing_for_training(
    published: Image, settings: Settings, driver: ProcessDriver
):
    code = """
import importlib.metadata as m, importlib.util, mlops_lab
print(*sorted(f"{d.name.lower().replace('_', '-')}=={d.version}" for d in m.distributions()))
print([name for name in ("pip", "pandas", "sklearn", "mlflow", "moto") if importlib.util.find_spec(name)])
"""
    package = Package.find(Paths(settings.root, settings.state_dir).images, published.uri)

    driver.start(Container("t-1-app", published.uri, entry_point=(package.entry_point[0], "-c"), command=(code,)))
    installed, unwanted = printed(driver, lines=2)

    lock = {line.split(" ;")[0].strip() for line in (ROOT / "requirements.lock").read_text().lower().splitlines()}
    assert set(installed.split()) <= lock
    assert unwanted == "[]"


def test_the_package_serves_a_bundle(published: Image, driver: ProcessDriver, bundle: Bundle, tmp_path: Path):
    bundles.write(bundle, tmp_path / "bundle")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    told = {"PROJECT": "income", "BUNDLE_URI": (tmp_path / "bundle").as_uri(), "BUNDLE_SHA256": bundle.sha256}

    driver.start(Container("t-1-app", published.uri, told, ports={8000: port}))

    assert answer(f"http://127.0.0.1:{port}/income/metadata")["bundle_sha256"] == bundle.sha256


def answer(url: str) -> dict[str, object]:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            return dict(httpx.get(url, timeout=2).raise_for_status().json())
        except httpx.HTTPError:
            time.sleep(0.05)
    raise AssertionError(f"{url} did not answer")


def test_a_repository_that_does_not_exist_asks_for_apply(settings: Settings):
    built = image.build("taxi", settings, print)

    with pytest.raises(LabError, match=r"ECR has no repository mlops-api-2; run `make apply` first"):
        image.push(built, settings, print)
