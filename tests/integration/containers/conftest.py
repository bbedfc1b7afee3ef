"""A container engine, or a reason why there is none; and an embedded registry and ECR for the images."""

import os
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from moto.moto_api._internal.models import moto_api_backend as moto_api
from moto.server import ThreadedMotoServer

from mlops_lab import projects
from mlops_lab.cloud.session import client
from mlops_lab.delivery.engine import Engine, find_engine
from mlops_lab.localcloud.docker_driver import CLOUD, DockerDriver
from mlops_lab.localcloud.registry import Registry, local_registry
from mlops_lab.settings import Settings

ROOT = Path(__file__).parents[3]
ACCOUNT = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Shows a measurement in the test run's output."""

    def write(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"\n{text}\n")

    return write


@pytest.fixture
def port() -> int:
    return free_port()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def engine() -> Engine:
    found = find_engine()
    if found is None and os.environ.get("CI") == "true" and os.environ.get("REQUIRE_DOCKER") == "1":
        pytest.fail("REQUIRE_DOCKER is 1, but no container engine answers `docker info`")
    if found is None:
        pytest.skip("no container engine answers `docker info`")
    return found


@pytest.fixture(scope="session")
def registry(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    registry = local_registry(tmp_path_factory.mktemp("registry"), free_port(), engine.client, engine.network)
    registry.start()
    yield registry
    registry.stop()


@pytest.fixture
def cloud(engine: Engine) -> Iterator[str]:
    """The name of an embedded cloud; its containers are gone after the test."""
    name = f"test-{uuid4().hex[:8]}"
    yield name
    for left in engine.client.containers(all=True, filters={"label": f"{CLOUD}={name}"}):
        engine.client.remove_container(left["Id"], force=True, v=True)


@pytest.fixture
def connect(engine: Engine, cloud: str, registry: Registry) -> Callable[[], DockerDriver]:
    """Makes a driver of the cloud, as a restarted agent does."""
    return lambda: DockerDriver(engine.client, cloud, engine.network, {ACCOUNT: registry.host})


@pytest.fixture
def driver(connect: Callable[[], DockerDriver]) -> DockerDriver:
    return connect()


@pytest.fixture(scope="module")
def settings(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Settings of a lab with AWS's control plane and an image registry, and nothing else."""
    plane = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    plane.start()
    _, port = plane.get_host_and_port()
    settings = Settings(
        root=ROOT,
        state=tmp_path_factory.mktemp("lab"),
        cloud_port=port,
        registry_port=int(registry.host.rpartition(":")[2]),
        driver="docker",
    )
    for repository in projects.repositories().values():
        client(settings, "ecr").create_repository(repositoryName=repository, imageTagMutability="IMMUTABLE")
    yield settings
    moto_api.reset()  # moto's state is the process's: the next server must find nothing
    plane.stop()
