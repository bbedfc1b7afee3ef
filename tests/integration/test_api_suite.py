"""The API test suite against a serving process: it passes one that keeps its promises and fails one that does not."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.integration.test_serving_process import Start, ready_line
from tests.integration.test_serving_process import folder as folder
from tests.integration.test_serving_process import port as port
from tests.integration.test_serving_process import start as start

from mlops_lab.registry import bundle as bundles
from mlops_lab.registry.bundle import Bundle

ROOT = Path(__file__).parents[2]
Suite = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def suite() -> Suite:
    def run(url: str, key: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/api", f"--url={url}"]
        return subprocess.run(command, cwd=ROOT, env=os.environ | {"KEY": key}, capture_output=True, text=True)

    return run


@pytest.mark.parametrize("project", ["income", "taxi"])
def test_a_service_of_the_lab_passes(
    start: Start, suite: Suite, port: int, tmp_path: Path, request: pytest.FixtureRequest, project: str
) -> None:
    bundle: Bundle = request.getfixturevalue({"income": "bundle", "taxi": "taxi_bundle"}[project])
    bundles.write(bundle, tmp_path / project)
    ready_line(
        start(PORT=str(port), PROJECT=project, BUNDLE_URI=(tmp_path / project).as_uri(), BUNDLE_SHA256=bundle.sha256)
    )

    run = suite(f"http://127.0.0.1:{port}/{project}", "a key")

    assert run.returncode == 0, run.stdout[-3000:]


def test_a_service_that_does_not_take_the_key_fails(start: Start, suite: Suite, port: int) -> None:
    process = start(PORT=str(port))
    ready_line(process)

    run = suite(f"http://127.0.0.1:{port}/income", "another key")

    assert run.returncode == 1
    assert "answers 401, not 200" in run.stdout
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
