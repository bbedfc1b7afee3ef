"""The MLflow server as its task starts it: a process with its stores in the environment."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.integration.conftest import free_ports

from mlops_lab.registry.tracking import load_mlflow

START_SECONDS = 90


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    (port,) = free_ports(1)
    return os.environ | {
        "MLFLOW_BACKEND_STORE_URI": f"sqlite:///{tmp_path}/mlflow.db",
        "MLFLOW_ARTIFACTS_DESTINATION": str(tmp_path / "artefacts"),
        "MLFLOW_SERVER_ALLOWED_HOSTS": "127.0.0.1:*",
        "PORT": str(port),
    }


@contextmanager
def served(environment: dict[str, str], folder: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    server = subprocess.Popen([sys.executable, "-m", "mlops_lab.registry.server"], env=environment, cwd=folder)
    url = f"http://127.0.0.1:{environment['PORT']}"
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_healthy(url):
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield url, server
    finally:
        server.kill()
        server.wait()


def is_healthy(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=2).is_success
    except httpx.HTTPError:
        return False


def test_runs_and_artefacts_outlive_a_killed_server(environment: dict[str, str], tmp_path: Path):
    with served(environment, tmp_path) as (url, _):
        client: Any = load_mlflow().MlflowClient(url, url)
        run = client.create_run(client.create_experiment("kept"))
        client.log_metric(run.info.run_id, "auc", 0.9)
        client.log_dict(run.info.run_id, {"passed": True}, "gate.json")

    with served(environment, tmp_path) as (url, server):
        assert client.get_run(run.info.run_id).data.metrics == {"auc": 0.9}
        assert [item.path for item in client.list_artifacts(run.info.run_id)] == ["gate.json"]
        refused = httpx.get(f"{url}/api/2.0/mlflow/experiments/get", headers={"Host": "elsewhere.example"})
        server.terminate()

        assert refused.status_code == 403
        assert server.wait(30) in (0, -15)


def test_a_missing_store_is_one_line_and_1(environment: dict[str, str], tmp_path: Path):
    del environment["MLFLOW_BACKEND_STORE_URI"]

    done = subprocess.run(
        [sys.executable, "-m", "mlops_lab.registry.server"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert done.stderr.strip().splitlines() == [
        "MLFLOW_BACKEND_STORE_URI is not set; the task definition or the caller must set it."
    ]
