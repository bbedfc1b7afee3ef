"""Throughput of the service with its prediction log against the same service without, from one interleaved run.

Usage: python benchmarks/prediction_log.py

The model is the first project's, of 10,000 rows, trained here. Both services run all the time; the rounds alternate in
turned order, so that what else the machine does meets both. S3 is a server that takes objects and forgets them. The
yardstick is the median over the rounds of logged / unlogged: at least 0.80. The processor time of a request, which
other load moves less, says the same of a service with a core to itself.
"""

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil

from mlops_lab import projects
from mlops_lab.candidate import Recipe, train_candidate
from mlops_lab.registry import build
from mlops_lab.registry.bundle import write
from mlops_lab.settings import read_settings

ROUNDS, SECONDS, CONNECTIONS = 24, 1.0, 16
YARDSTICK = 0.80


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
    """Sends the same request again as soon as it is answered, and counts."""

    def __init__(self, request: bytes, ended: asyncio.Event):
        self.answered = 0
        self._request, self._ended = request, ended
        self._due = 0  # bytes of the present answer that are still to come
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        transport.write(self._request)  # type: ignore[attr-defined]

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
            self.answered += 1
            self._transport.close() if self._ended.is_set() else self._transport.write(self._request)  # type: ignore[attr-defined]


async def drive(port: int, request: bytes, seconds: float) -> int:
    """Requests that are answered in so many seconds over CONNECTIONS connections."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    pairs = [
        await loop.create_connection(lambda: Connection(request, ended), "127.0.0.1", port) for _ in range(CONNECTIONS)
    ]
    await asyncio.sleep(seconds)
    answered = sum(protocol.answered for _, protocol in pairs)
    ended.set()
    await asyncio.sleep(0.1)
    return answered


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass
class Service:
    """A running service and what it did in its rounds."""

    port: int
    process: psutil.Process
    answered: list[int] = field(default_factory=list)
    cpu: float = 0.0  # seconds

    def measure(self, content: bytes) -> None:
        before = self._used()
        self.answered.append(asyncio.run(drive(self.port, content, SECONDS)))
        self.cpu += self._used() - before

    def _used(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def taker() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Taker)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


@contextmanager
def serving(folder: str, sha256: str, **environment: str) -> Iterator[Service]:
    port = free_port()
    told = {"PROJECT": project(folder), "BUNDLE_URI": folder, "BUNDLE_SHA256": sha256, "PORT": str(port)}
    command = [sys.executable, "-m", "mlops_lab.serving"]
    process = subprocess.Popen(command, env=os.environ | told | environment, stdout=subprocess.DEVNULL)
    try:
        while not listens(port):
            time.sleep(0.05)
        yield Service(port, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()


def listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


def project(folder: str) -> str:
    with open(os.path.join(folder, "manifest.json")) as file:
        return str(json.load(file)["project"])


def request(folder: str) -> bytes:
    with open(os.path.join(folder, "request.schema.json")) as file:
        body = json.dumps({"instances": [json.load(file)["examples"][0]]}).encode()
    head = f"POST /{project(folder)}/predict HTTP/1.1\r\nHost: task\r\nContent-Type: application/json\r\n"
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def bundle(folder: Path) -> str:
    """Train a model, write its bundle into a folder and return the SHA-256 of its manifest."""
    candidate = train_candidate(projects.every()[0], read_settings(), Recipe(size=10_000))
    origin = {"version": "1", "run_id": "benchmark", "commit": candidate.commit, "created": "2026-01-01T00:00:00+00:00"}
    sealed = build.seal(candidate.contents, **origin)
    write(sealed, folder)
    return sealed.sha256


def main() -> None:
    with ExitStack() as stack:
        folder, log = (stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(2))
        sha256 = bundle(Path(folder))
        content = request(folder)
        keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "us-east-1"}
        to = keys | {"AWS_ENDPOINT_URL": stack.enter_context(taker()), "PREDICTION_LOG_BUCKET": "benchmark"}
        plain = stack.enter_context(serving(folder, sha256))
        logged = stack.enter_context(
            serving(folder, sha256, **to, PREDICTION_LOG_FOLDER=log, PREDICTION_LOG_SECONDS="1")
        )
        for service in (plain, logged):
            service.measure(content)
            service.answered, service.cpu = [], 0.0
        for turn in range(ROUNDS):
            for service in (plain, logged) if turn % 2 else (logged, plain):
                service.measure(content)
    report(plain, logged)


def report(plain: Service, logged: Service) -> None:
    ratios = sorted(with_log / without for without, with_log in zip(plain.answered, logged.answered, strict=True))
    ratio = statistics.median(ratios)
    without, with_log = (statistics.median(each.answered) / SECONDS for each in (plain, logged))
    print(f"without the log {without:,.0f} requests/s, with it {with_log:,.0f} at {CONNECTIONS} connections")
    costs = [1e6 * each.cpu / sum(each.answered) for each in (plain, logged)]
    print(f"processor time of a request: {costs[0]:.0f} us without, {costs[1]:.0f} us with ({costs[0] / costs[1]:.2f})")
    print(f"S3 was sent {Taker.taken / 1e6:.1f} MB")
    print(f"logged / unlogged: {ratio:.2f} (rounds {ratios[0]:.2f} to {ratios[-1]:.2f}; at least {YARDSTICK:.2f})")
    sys.exit(ratio < YARDSTICK)


if __name__ == "__main__":
    main()
