import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_lab.delivery.package import ARTIFACT, Packager
from mlops_lab.localcloud.process_driver import Package


@dataclass
class FakeEnvironment:
    """An environment that is described but not installed."""

    path: Path
    description: bytes = b'{"python": "3.11"}'
    missing: bool = True

    @property
    def python(self) -> Path:
        return self.path / "bin" / "python"

    @property
    def size_bytes(self) -> int:
        return 0

    def ensure(self) -> bool:
        was, self.missing = self.missing, False
        self.path.mkdir(parents=True, exist_ok=True)
        return was


class FakeEcr:
    """Keeps the manifests that are put."""

    def __init__(self) -> None:
        self.images: dict[str, str] = {}

    def describe_images(self, repositoryName: str, imageIds: list[dict[str, str]]) -> dict[str, Any]:
        tag = imageIds[0]["imageTag"]
        if tag not in self.images:
            raise ClientError({"Error": {"Code": "ImageNotFoundException"}}, "DescribeImages")
        return {"imageDetails": [{"imageDigest": sha256(self.images[tag].encode())}]}

    def put_image(self, **request: str) -> dict[str, Any]:
        self.images[request["imageTag"]] = request["imageManifest"]
        return {"image": {"imageId": {"imageDigest": request["imageDigest"]}}}


def sha256(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def quiet(text: str) -> None:
    """Say nothing."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    package = tmp_path / "checkout/src/mlops_lab"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "main.py").write_text("answer = 42\n")
    (package / "cli.py").write_text("not for serving\n")
    (tmp_path / "checkout/.dockerignore").write_text("*\n!src/mlops_lab/__init__.py\n!src/mlops_lab/main.py\n")
    return tmp_path / "checkout"


@pytest.fixture
def images(tmp_path: Path) -> Path:
    return tmp_path / "images"


@pytest.fixture
def packager(checkout: Path, images: Path) -> Packager:
    return Packager(checkout, images, FakeEnvironment(images / "environments" / "e"))


def test_the_digest_is_that_of_the_manifest_s_bytes(packager: Packager, images: Path):
    built = packager.build("app", quiet)

    folder = images / "app" / built.id.removeprefix("sha256:")
    assert sha256((folder / "manifest.json").read_bytes()) == built.id
    assert json.loads((folder / "manifest.json").read_text())["artifactType"] == ARTIFACT


def test_unchanged_sources_have_the_same_digest_and_write_nothing(packager: Packager, images: Path):
    first = packager.build("app", quiet)
    before = {path: path.stat().st_mtime_ns for path in images.rglob("*") if path.name != ".lock"}

    second = packager.build("app", quiet)

    assert (first.id, first.tag, first.size_bytes) == (second.id, second.tag, second.size_bytes)
    assert before == {path: path.stat().st_mtime_ns for path in images.rglob("*") if path.name != ".lock"}


def test_changed_code_has_another_digest_and_keeps_the_environment(packager: Packager, checkout: Path):
    said: list[str] = []
    first = packager.build("app", said.append)
    (checkout / "src/mlops_lab/main.py").write_text("answer = 43\n")

    second = packager.build("app", said.append)

    assert first.id != second.id
    assert len([line for line in said if "environment" in line]) == 1


def test_code_that_serving_does_not_use_changes_nothing(packager: Packager, checkout: Path):
    first = packager.build("app", quiet)
    (checkout / "src/mlops_lab/cli.py").write_text("changed\n")

    assert packager.build("app", quiet).id == first.id


def test_another_environment_has_another_digest(checkout: Path, images: Path, packager: Packager):
    other = FakeEnvironment(images / "environments" / "o", description=b'{"python": "3.12"}')

    digests = {each.build("app", quiet).id for each in (packager, Packager(checkout, images, other))}

    assert len(digests) == 2


def test_the_driver_finds_the_package_by_its_reference(packager: Packager, images: Path):
    built = packager.build("app", quiet)

    package = Package.find(images, f"1.dkr.ecr.eu-west-1.amazonaws.com/app@{built.id}")

    assert package.entry_point == (str(images / "environments/e/bin/python"), "-m", "mlops_lab.serving")
    layer = Path(package.environment["PYTHONPATH"])
    assert (layer / "mlops_lab/main.py").read_text() == "answer = 42\n"
    assert not (layer / "mlops_lab/cli.py").exists()
    assert list((layer / "mlops_lab/__pycache__").glob("main.*.pyc"))


def test_a_moved_state_folder_gets_its_paths_anew(checkout: Path, packager: Packager, images: Path, tmp_path: Path):
    built = packager.build("app", quiet)
    images.rename(tmp_path / "moved")
    moved = Packager(checkout, tmp_path / "moved", FakeEnvironment(tmp_path / "moved" / "environments" / "e"))

    moved.build("app", quiet)

    package = Package.find(tmp_path / "moved", f"r/app@{built.id}")
    assert package.environment["PYTHONPATH"].startswith(str(tmp_path / "moved"))


def test_a_push_registers_the_manifest_under_the_tag(packager: Packager):
    ecr = FakeEcr()
    built = packager.build("app", quiet)

    digest = packager.push(built, ecr)

    assert digest == built.id
    assert sha256(ecr.images[built.tag].encode()) == digest
    assert built.tag == f"process-{digest.removeprefix('sha256:')[:12]}"


def test_the_jobs_package_starts_the_interpreter_and_leaves_the_rest_to_the_task(packager: Packager, checkout: Path):
    ignore = checkout / "infra/docker/jobs.Dockerfile.dockerignore"
    ignore.parent.mkdir(parents=True)
    ignore.write_text("*\n!src/mlops_lab/**\n!data/**\n")
    (checkout / "data").mkdir()
    (checkout / "data/table.csv").write_text("a,b\n")

    built = packager.build("mlops-jobs", quiet)

    package = Package.find(checkout.parent / "images", f"r/mlops-jobs@{built.id}")
    assert len(package.entry_point) == 1
    root = Path(package.environment["LAB_ROOT"])
    assert (root / "data/table.csv").is_file()
    assert (root / "mlops_lab/cli.py").is_file()
