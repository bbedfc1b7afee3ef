"""`make lab` on a free port: the kernel is there, a notebook is ready, and a stopped lab is told of."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]
TOKEN = "a-token-of-this-test"
START_SECONDS = 60


@dataclass(frozen=True)
class Server:
    client: httpx.Client
    log: Path


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("jupyterlab")
    own = {"HOME": str(folder), "JUPYTER_TOKEN": TOKEN, "LAB_STATE": str(folder / "state"), "IPYTHONDIR": str(folder)}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from mlops_lab.cli import main; main()", "lab", "--port", str(port)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--no-browser"], cwd=ROOT, env=os.environ | own, stdout=log, stderr=subprocess.STDOUT
        )
    headers = {"Authorization": f"token {TOKEN}"}
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client:
            _wait(client, process, folder / "log")
            yield Server(client, folder / "log")
    finally:
        process.terminate()
        process.wait(30)


def _wait(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            client.get("/api")
            return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not come up: {log.read_text()}")


def test_the_lab_s_kernel_is_offered(server: Server):
    found = server.client.get("/api/kernelspecs").raise_for_status().json()["kernelspecs"]

    assert found["mlops-lab"]["spec"]["display_name"] == "MLOps Portfolio Lab"
    assert found["mlops-lab"]["spec"]["argv"][0] == sys.executable


def test_a_notebook_is_ready_with_kernel_and_parameters(server: Server):
    found = server.client.get("/api/contents/week4_second_project.ipynb").raise_for_status().json()["content"]

    assert found["metadata"]["kernelspec"]["name"] == "mlops-lab"
    injected = [cell for cell in found["cells"] if "injected-parameters" in cell["metadata"].get("tags", [])]
    assert 'project_name = "taxi"' in injected[0]["source"]


def test_nobody_without_the_token_reads_a_notebook(server: Server):
    stranger = {"Authorization": "token another"}  # without the cookie that the server has given the first client

    refused = httpx.get(f"{server.client.base_url}/api/contents", headers=stranger, trust_env=False)

    assert refused.status_code == httpx.codes.FORBIDDEN


def test_a_lab_that_is_not_up_is_told_of_in_a_line(server: Server):
    assert "Notebooks that ask the lab fail until then." in server.log.read_text()
