"""The serving image as the container engine builds, pushes, pulls and runs it."""

import hashlib
import json
import time
from collections.abc import Callable

import httpx
import pytest

from mlops_lab import projects
from mlops_lab.cloud.session import client
from mlops_lab.delivery import image
from mlops_lab.delivery.built import Image
from mlops_lab.delivery.destination import LoopbackRegistry
from mlops_lab.delivery.engine import Engine
from mlops_lab.localcloud.docker_driver import DockerDriver
from mlops_lab.localcloud.driver import Container, Status
from mlops_lab.registry import store
from mlops_lab.registry.bundle import Bundle
from mlops_lab.settings import Settings

pytestmark = pytest.mark.docker
NAME = "t-1-app"
BASE = "python:3.11-slim"
OVER_BASE = 250e6  # bytes
Tell = Callable[[str], None]
REPOSITORY = projects.repositories()["income"]


def until(condition: Callable[[], object], seconds: float = 30) -> object:
    deadline = time.monotonic() + seconds
    while not (seen := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return seen


@pytest.fixture(scope="module")
def published(settings: Settings) -> Image:
    return image.publish("income", settings, print)


@pytest.fixture(scope="module")
def bundle_uri(settings: Settings, bundle: Bundle) -> str:
    s3 = client(settings, "s3")
    s3.create_bucket(Bucket="models")
    return store.publish(s3, "models", bundle)


@pytest.fixture
def task(published: Image, settings: Settings, bundle: Bundle, bundle_uri: str, port: int) -> Container:
    """A task as Terraform's definition has it: read-only, no privileges, bundle in S3."""
    told = {"PROJECT": "income", "BUNDLE_URI": bundle_uri, "BUNDLE_SHA256": bundle.sha256}
    return Container(
        id=NAME,
        image=published.uri,
        environment=settings.aws_environment | told | {"HOST": "0.0.0.0", "PORT": "8000"},
        ports={8000: port},
        memory_mib=512,
        user="10001:10001",
        read_only_root=True,
    )


def answers(port: int, path: str) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}{path}", timeout=2).is_success
    except httpx.HTTPError:
        return False


def test_the_digest_is_the_same_in_the_registry_in_ecr_and_of_the_manifest_s_bytes(
    published: Image, settings: Settings
):
    found = LoopbackRegistry(str(settings.registry)).manifest(REPOSITORY, published.tag)
    (listed,) = client(settings, "ecr").describe_images(repositoryName=REPOSITORY)["imageDetails"]

    assert found is not None
    assert f"sha256:{hashlib.sha256(found[0]).hexdigest()}" == published.digest
    assert listed["imageDigest"] == published.digest
    assert listed["imageTags"] == [published.tag]


def test_an_unchanged_image_is_published_again_under_the_same_digest(published: Image, settings: Settings):
    again = image.publish("income", settings, print)

    assert (again.digest, again.tag) == (published.digest, published.tag)


def test_the_other_project_s_repository_gets_an_image_of_the_same_code(published: Image, settings: Settings):
    other = image.publish("taxi", settings, print)

    assert other.repository == projects.repositories()["taxi"]
    assert other.tag == published.tag


def test_the_image_is_small_and_names_its_source(published: Image, engine: Engine, tell: Tell):
    found = engine.client.inspect_image(f"{REPOSITORY}:{published.tag}")
    over_base = found["Size"] - engine.client.inspect_image(BASE)["Size"]
    tell(f"{found['Size'] / 1e6:.0f} MB, {over_base / 1e6:.0f} MB over {BASE}; published in {published.seconds:.1f} s")

    assert over_base <= OVER_BASE
    labels = found["Config"]["Labels"]
    assert labels["org.opencontainers.image.version"] == "0.1.0"
    assert labels["org.opencontainers.image.revision"] != "unknown"


def test_the_image_runs_as_a_user_without_rights_and_has_no_build_tools(published: Image, driver: DockerDriver):
    code = """
import importlib.util, os, pathlib
print(os.getuid(), os.access("/app", os.W_OK), os.access("/opt/venv", os.W_OK))
print([name for name in ("pip", "setuptools", "pandas", "sklearn", "mlflow", "moto") if importlib.util.find_spec(name)])
print(sorted(path.name for path in pathlib.Path("/app").iterdir()))
"""
    driver.start(Container(id=NAME, image=published.uri, entry_point=("python", "-c"), command=(code,)))
    until(lambda: not driver.statuses()[0].running)

    lines = [line.message for line in driver.logs(NAME, None)[0]]
    assert lines == ["10001 False False", "[]", "['mlops_lab']"]


def test_a_task_without_a_bundle_fails_with_one_line_that_says_so(published: Image, driver: DockerDriver):
    driver.start(Container(id=NAME, image=published.uri))
    until(lambda: not driver.statuses()[0].running)

    (line,), _ = driver.logs(NAME, None)
    assert driver.statuses() == [Status(NAME, running=False, exit_code=1)]
    assert "PROJECT is not set" in json.loads(line.message)["error"]


def test_an_image_pulled_by_digest_serves_the_bundle_from_s3(
    engine: Engine,
    settings: Settings,
    published: Image,
    task: Container,
    driver: DockerDriver,
    port: int,
    bundle: Bundle,
    tell: Tell,
):
    engine.client.remove_image(f"{settings.registry}/{REPOSITORY}@{published.digest}", force=True)
    start = time.monotonic()

    driver.start(task)
    started = time.monotonic()
    until(lambda: answers(port, "/ready"))
    tell(f"pulled and started in {started - start:.2f} s, ready {time.monotonic() - started:.2f} s later")

    example = bundle.document("request.schema.json")["examples"][0]
    answer = httpx.post(f"http://127.0.0.1:{port}/income/predict", json={"instances": [example]})
    assert answer.status_code == 200
    assert answer.json()["model_version"] == "7"


def test_a_stopped_task_drains_and_ends_with_0(task: Container, driver: DockerDriver, port: int):
    driver.start(task)
    until(lambda: answers(port, "/ready"))

    driver.terminate(NAME)
    until(lambda: not driver.statuses()[0].running)

    assert driver.statuses() == [Status(NAME, running=False, exit_code=0)]


def test_the_image_s_own_health_check_finds_a_serving_container_healthy(
    task: Container, driver: DockerDriver, engine: Engine, cloud: str, port: int
):
    driver.start(task)

    def health() -> str:
        (found,) = engine.client.containers(filters={"name": f"{cloud}-{NAME}"})
        return str(found["Status"])

    until(lambda: "(healthy)" in health())
