"""Servers on loopback to be measured, and clients that measure them: what the benchmarks of serving share."""

import asyncio
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import httpx
import psutil

from mlops_lab import projects
from mlops_lab.candidate import Candidate, Recipe, train_candidate
from mlops_lab.registry import build
from mlops_lab.registry.bundle import write
from mlops_lab.settings import read_settings


class Taker(BaseHTTPRequestHandler):
    """S3, as far as PutObject goes."""

    protocol_version = "HTTP/1.1"
    taken = 0  # bytes

    def do_PUT(self) -> None:
        if self.headers.get("Expect"):
            self.send_response_only(100)
            self.end_headers()
        size = int(self.headers["Content-Length"])
        self.rfile.read(size)
        Taker.taken += size
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Say nothing."""


class Connection(asyncio.Protocol):
    """Sends the same request again as soon as it is answered, and notes how long each took."""

    def __init__(self, request: bytes, ended: asyncio.Event):
        self.seconds: list[float] = []  # of each answered request
        self._request, self._ended = request, ended
        self._due = 0  # bytes of the present answer that are still to come
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        if not self._due:
            self._head += data
            head, end, rest = self._head.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 200"), head
            self._due = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            self._head, data = b"", rest
        self._due -= len(data)
        if not self._due:
            self.seconds.append(time.perf_counter() - self._sent)
            self._transport.close() if self._ended.is_set() else self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)  # type: ignore[attr-defined]


async def drive(port: int, request: bytes, seconds: float, connections: int) -> list[float]:
    """Seconds that each request took that was answered in so many seconds over so many connections."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    pairs = [
        await loop.create_connection(lambda: Connection(request, ended), "127.0.0.1", port) for _ in range(connections)
    ]
    await asyncio.sleep(seconds)
    answered = [took for _, protocol in pairs for took in protocol.seconds]
    ended.set()
    await asyncio.sleep(0.1)
    return answered


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def taker() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@contextmanager
def logging_to(folder: str) -> Iterator[dict[str, str]]:
    """The variables by which a service keeps a prediction log in a folder and ships it every second."""
    with taker() as address:
        keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}
        log = {"PREDICTION_LOG_FOLDER": folder, "PREDICTION_LOG_BUCKET": "benchmark", "PREDICTION_LOG_SECONDS": "1"}
        yield keys | log | {"AWS_ENDPOINT_URL": address}


@dataclass(frozen=True)
class Running:
    """A server that listens."""

    port: int
    process: psutil.Process
    seconds: float  # from its start until it listened, which ours does once its model is loaded and verified


@contextmanager
def running(command: Sequence[str], port: int, **environment: str) -> Iterator[Running]:
    """Start a server, wait until it listens, and stop it with all that it started."""
    with TemporaryFile() as said:
        start = time.perf_counter()
        process = psutil.Popen(command, env=os.environ | environment, stdout=said, stderr=said)
        try:
            while not listens(port):
                if process.poll() is not None:
                    said.seek(0)
                    raise SystemExit(f"{' '.join(command[:4])} ended before it listened:\n{said.read().decode()}")
                time.sleep(0.005)
            yield Running(port, process, time.perf_counter() - start)
        finally:
            stop(process)


def stop(process: psutil.Popen) -> None:
    """End a process, which may have ended, and all that it started."""
    with suppress(psutil.NoSuchProcess):
        for each in [*process.children(recursive=True), process]:
            each.terminate()
    process.wait()


def serving(
    folder: str, sha256: str, code: str = "from mlops_lab.serving.__main__ import main; main()", **environment: str
) -> AbstractContextManager[Running]:
    """Start the service of a bundle, or what else some code makes of it."""
    port = free_port()
    told = {"PROJECT": project(folder), "BUNDLE_URI": folder, "BUNDLE_SHA256": sha256, "PORT": str(port)}
    return running([sys.executable, "-c", code], port, **told, **environment)


def listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def project(folder: str) -> str:
    with open(os.path.join(folder, "manifest.json")) as file:
        return str(json.load(file)["project"])


def request(folder: str, rows: int = 1) -> bytes:
    """A request for predictions of the bundle's example row, so many times."""
    with open(os.path.join(folder, "request.schema.json")) as file:
        return post(f"/{project(folder)}/predict", {"instances": [json.load(file)["examples"][0]] * rows})


def ask(port: int, request: bytes) -> Any:
    """The JSON document that answers a request."""
    head, _, body = request.partition(b"\r\n\r\n")
    path = head.split()[1].decode()
    answer = httpx.post(f"http://127.0.0.1:{port}{path}", content=body, headers={"Content-Type": "application/json"})
    return answer.raise_for_status().json()


def post(path: str, content: object) -> bytes:
    """A request with a JSON document."""
    body = json.dumps(content).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: task\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def candidate() -> Candidate:
    """Train a model of the first project."""
    return train_candidate(projects.every()[0], read_settings(), Recipe(size=10_000))


def bundle(candidate: Candidate, folder: Path) -> str:
    """Write a model's bundle into a folder and return the SHA-256 of its manifest."""
    origin = {"version": "1", "run_id": "benchmark", "commit": candidate.commit, "created": "2026-01-01T00:00:00+00:00"}
    sealed = build.seal(candidate.contents, **origin)
    write(sealed, folder)
    return sealed.sha256
