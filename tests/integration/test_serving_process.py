"""The service as a task runs it: a process of its own, told by its environment, ended by a signal."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mlops_lab.registry import bundle as bundles
from mlops_lab.registry.bundle import Bundle

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def folder(bundle: Bundle, tmp_path: Path) -> Path:
    bundles.write(bundle, tmp_path / "bundle")
    return tmp_path / "bundle"


@pytest.fixture
def start(bundle: Bundle, folder: Path) -> Iterator[Start]:
    """Starts a service with the test's bundle and what else its environment should say."""
    running: list[subprocess.Popen[str]] = []

    def launch(**environment: str) -> subprocess.Popen[str]:
        told = {"PROJECT": "income", "BUNDLE_URI": folder.as_uri(), "BUNDLE_SHA256": bundle.sha256, "API_KEY": "a key"}
        command = [sys.executable, "-m", "mlops_lab.serving"]
        process = subprocess.Popen(command, env=os.environ | told | environment, stdout=subprocess.PIPE, text=True)
        running.append(process)
        return process

    yield launch
    for process in running:
        process.kill()
        process.communicate()


@pytest.fixture
def port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def ready_line(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Log line that says the service is ready."""
    assert process.stdout is not None
    for line in process.stdout:
        fields: dict[str, Any] = json.loads(line)
        if fields["event"] == "ready":
            return fields
    raise AssertionError("the service ended before it was ready")


def request_bytes(bundle: Bundle) -> bytes:
    example = bundle.document("request.schema.json")["examples"][0]
    return json.dumps({"instances": [example]}).encode()


def test_a_task_serves_its_bundle_and_exits_with_0_on_sigterm(start: Start, port: int, bundle: Bundle) -> None:
    process = start(PORT=str(port))
    ready = ready_line(process)

    answer = httpx.post(
        f"http://127.0.0.1:{port}/income/predict",
        content=request_bytes(bundle),
        headers={"x-api-key": "a key", "content-type": "application/json"},
    )
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=30)

    assert answer.status_code == 200
    assert answer.json()["model_version"] == ready["model_version"] == "7"
    assert process.returncode == 0
    assert json.loads(rest.splitlines()[-1])["event"] == "stopped"


def test_a_request_in_flight_at_sigterm_is_answered(start: Start, port: int, bundle: Bundle) -> None:
    process = start(PORT=str(port))
    ready_line(process)
    content = request_bytes(bundle)
    head = (
        f"POST /income/predict HTTP/1.1\r\nHost: task\r\nx-api-key: a key\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )

    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(head.encode() + content[:10])
        wait_until_served(port)
        process.send_signal(signal.SIGTERM)
        wait_until_refused(port)
        connection.sendall(content[10:])
        answer = connection.makefile("rb").read()

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"predictions" in answer
    assert process.wait(timeout=30) == 0


def wait_until_served(port: int) -> None:
    """Answer to a later request: the service has read what came before it."""
    assert httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200


def wait_until_refused(port: int) -> None:
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.01)
    raise AssertionError("the service still accepts connections")


def test_requests_at_once_are_each_answered_as_themselves(start: Start, port: int, bundle: Bundle) -> None:
    ready_line(start(PORT=str(port)))
    content = request_bytes(bundle)
    found: list[tuple[str, str]] = []

    def ask(name: str) -> None:
        headers = {"x-api-key": "a key", "content-type": "application/json", "x-request-id": name}
        answer = httpx.post(f"http://127.0.0.1:{port}/income/predict", content=content, headers=headers)
        found.append((name, answer.json()["request_id"]))

    threads = [threading.Thread(target=ask, args=(f"request-{number}",)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 20
    assert all(sent == answered for sent, answered in found)


def test_a_body_too_large_is_answered_over_a_real_connection(start: Start, port: int) -> None:
    ready_line(start(PORT=str(port)))
    headers = {"x-api-key": "a key", "content-type": "application/json"}

    answer = httpx.post(f"http://127.0.0.1:{port}/income/predict", content=b" " * 5_000_000, headers=headers)

    assert answer.status_code == 413


def test_the_documentation_and_state_are_served_below_the_projects_path(start: Start, port: int) -> None:
    ready_line(start(PORT=str(port)))

    statuses = [httpx.get(f"http://127.0.0.1:{port}/income/{path}").status_code for path in ("ready", "docs")]

    assert statuses == [200, 200]


def refusal(process: subprocess.Popen[str]) -> str:
    """The one error that a service logs that does not start."""
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    errors = [line for line in map(json.loads, output.splitlines()) if line["level"] == "error"]
    assert len(errors) == 1
    return str(errors[0]["error"])


def test_a_bundle_that_does_not_match_its_hash_is_not_served(start: Start, port: int) -> None:
    assert f"expected {'0' * 64}" in refusal(start(PORT=str(port), BUNDLE_SHA256="0" * 64))


def test_a_truncated_model_is_not_served(start: Start, port: int, folder: Path) -> None:
    model = folder / "model.onnx"
    model.write_bytes(model.read_bytes()[:-1])

    assert "model.onnx has SHA-256" in refusal(start(PORT=str(port)))


@pytest.mark.parametrize(
    ("name", "content"), [("model.onnx", b"no model"), ("features.json", b"[]"), ("request.schema.json", b"{}")]
)
def test_a_bundle_of_something_else_is_not_served_though_its_hashes_fit(
    start: Start, port: int, bundle: Bundle, tmp_path: Path, name: str, content: bytes
) -> None:
    wrong = bundles.seal(bundle.manifest, {**bundle.files, name: content})
    bundles.write(wrong, tmp_path / "wrong")

    error = refusal(start(PORT=str(port), BUNDLE_URI=str(tmp_path / "wrong"), BUNDLE_SHA256=wrong.sha256))

    assert "is no bundle that can be served" in error
    assert "\n" not in error


def test_the_bundle_of_another_project_is_not_served(start: Start, port: int) -> None:
    assert "PROJECT is 'taxi', the bundle is of 'income'" in refusal(start(PORT=str(port), PROJECT="taxi"))


def test_an_empty_key_does_not_open_the_service(start: Start, port: int) -> None:
    assert refusal(start(PORT=str(port), API_KEY="")).startswith("API_KEY is ''")


def test_a_bucket_that_does_not_answer_is_one_line(start: Start, port: int) -> None:
    nobody = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}

    error = refusal(start(BUNDLE_URI="s3://bucket/models/income/7/", AWS_REGION="us-east-1", **nobody))

    assert "does not answer" in error
    assert "\n" not in error


def test_a_port_in_use_ends_the_task(start: Start, port: int) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", port))
        listener.listen()
        process = start(PORT=str(port))
        output, _ = process.communicate(timeout=60)

    assert process.returncode != 0
    assert all(json.loads(line) for line in output.splitlines())
