"""What a stranger may send to a service in a process of its own: it is refused, costs little and tells nothing."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import psutil
import pytest

from mlops_lab.registry import bundle as bundles
from mlops_lab.registry.bundle import Bundle

KEY = "a key that nobody may read"
MEBIBYTE = 1024 * 1024
PATIENCE = 15.0  # seconds within which whatever is sent is answered or cut off
# The service as a task runs it, with a second where it has ten.
HASTY = """
import sys
from mlops_lab.serving import body, protocol
from mlops_lab.serving.__main__ import main
protocol.LimitedProtocol.head_seconds = 1.0
body.read_body.__defaults__ = (1.0,)
sys.exit(main())
"""
GET = b"GET /health HTTP/1.1\r\nHost: task\r\n"
LAST = GET + b"Connection: close\r\n\r\n"
HEAD = f"POST /income/predict HTTP/1.1\r\nHost: task\r\nx-api-key: {KEY}\r\nContent-Type: application/json\r\n".encode()
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
TLS_HELLO = bytes.fromhex("16030100f4010000f00303") + bytes(range(233))


@dataclass
class Served:
    """A service that runs, and everything that it has answered."""

    process: psutil.Process
    port: int
    good: bytes
    answers: list[bytes] = field(default_factory=list)

    def send(self, parts: Iterable[bytes], pause: float = 0.0) -> int:
        """Send until it is all sent or the service wants no more; return the answer's status, 0 where there is none."""
        end = time.monotonic() + PATIENCE
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            with suppress(BrokenPipeError, ConnectionResetError):
                for part in parts:
                    connection.sendall(part)
                    time.sleep(pause)
                    assert time.monotonic() < end, "the service still takes more"
            answer = read(connection)
        self.answers.append(answer)
        return int(answer[9:12]) if answer else 0

    def post(self, body: bytes, head: bytes = HEAD) -> int:
        """Send a body with its length."""
        return self.send([head + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body), body])


def read(connection: socket.socket) -> bytes:
    """Read to the connection's end."""
    found = b""
    with suppress(ConnectionResetError):
        while more := connection.recv(65_536):
            found += more
    return found


@pytest.fixture(scope="module")
def service(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A service with its prediction log, whose own log must not hold the key at the end."""
    folder = tmp_path_factory.mktemp("hostile")
    bundles.write(bundle, folder / "bundle")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    told = {"PROJECT": "income", "BUNDLE_URI": (folder / "bundle").as_uri(), "BUNDLE_SHA256": bundle.sha256}
    environment = os.environ | told | {"API_KEY": KEY, "PORT": str(port)}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-c", HASTY], env=environment, stdout=log, stderr=log)
    wait_until_ready(folder / "log")
    example = bundle.document("request.schema.json")["examples"][0]
    yield Served(psutil.Process(process.pid), port, json.dumps({"instances": [example]}).encode())
    process.kill()
    process.wait()
    assert KEY not in (folder / "log").read_text()


def wait_until_ready(log: Path) -> None:
    for _ in range(600):
        if '"ready"' in log.read_text():
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture(autouse=True)
def harmless(service: Served) -> Iterator[None]:
    """Whatever a test sends: no failure, nothing told, little memory taken, and good requests are answered after it."""
    assert service.post(service.good) == 200
    service.answers.clear()
    before = service.process.memory_info().rss

    yield

    assert service.process.memory_info().rss - before < 48 * MEBIBYTE
    assert not [answer for answer in service.answers if answer.startswith(b"HTTP/1.1 5")]
    assert not [answer for answer in service.answers if b"Traceback" in answer or KEY.encode() in answer]
    assert all(b'{"error":' in answer for answer in service.answers if not answer.startswith(b"HTTP/1.1 200"))
    assert service.post(service.good) == 200


@pytest.mark.parametrize(
    "flood",
    [
        chain([GET], repeat(b"x: y\r\n" * 5_000)),
        chain([GET, b"x: "], repeat(b"y" * 50_000)),
        chain([b"GET /"], repeat(b"y" * 50_000)),
        repeat(b"\r\n" * 20_000),
        chain([CHUNKED, CHUNK, b"0\r\n"], repeat(b"x: y\r\n" * 5_000)),
        chain([CHUNKED, b"1;"], repeat(b"y" * 50_000)),
        [GET + b"x: " + b"y" * 100_000 + b"\r\n\r\n"],
    ],
    ids=["headers", "one header", "path", "line breaks", "trailers", "chunk extension", "large and whole"],
)
def test_an_endless_head_is_431(service: Served, flood: Iterable[bytes]) -> None:
    assert service.send(flood) == 431


@pytest.mark.parametrize(
    "what",
    [
        repeat(bytes(range(256)) * 100),
        [TLS_HELLO],
        [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
        [b"CONNECT task:443 HTTP/1.1\r\nHost: task\r\n\r\n"],
        [b"GET http://task HTTP/1.1\r\nHost: task\r\n\r\n"],
        ["GET /é HTTP/1.1\r\nHost: task\r\n\r\n".encode()],
        [HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
        [HEAD + b"Content-Length: 99999999999999999999999\r\n\r\n"],
        [HEAD + b"Content-Length: -1\r\n\r\n"],
        [CHUNKED, b"zz\r\n"],
    ],
    ids=["bytes", "TLS", "HTTP/2", "CONNECT", "no path", "path", "two lengths", "long length", "negative", "chunk"],
)
def test_what_is_no_http_is_400(service: Served, what: Iterable[bytes]) -> None:
    assert service.send(what) == 400


def test_a_head_that_trickles_or_stops_is_408(service: Served) -> None:
    trickled = service.send(chain([GET], repeat(b"x: y\r\n")), pause=0.2)
    stopped = service.send([GET])

    assert (trickled, stopped) == (408, 408)


def test_a_body_that_trickles_or_stops_is_408(service: Served) -> None:
    trickled = service.send(chain([CHUNKED], repeat(b"1\r\n \r\n")), pause=0.2)
    stopped = service.send([HEAD + b"Connection: close\r\nContent-Length: 100\r\n\r\n", b"{"])

    assert (trickled, stopped) == (408, 408)


def test_a_hundred_megabytes_are_413_and_the_connection_goes_on(service: Served) -> None:
    length = HEAD + b"Content-Length: 100000000\r\n\r\n"

    announced = service.send(chain([length], repeat(b" " * 100_000, 1_000), [LAST]))
    chunked = service.send(chain([CHUNKED], repeat(CHUNK, 1_526), [b"0\r\n\r\n", LAST]))

    assert (announced, chunked) == (413, 413)
    assert all(b"HTTP/1.1 200 OK" in answer for answer in service.answers)


def test_a_body_that_never_ends_is_cut_off_after_its_answer(service: Served) -> None:
    assert service.send(chain([CHUNKED], repeat(CHUNK))) == 413


@pytest.mark.parametrize("key", [b"", b"x-api-key: another\r\n"])
def test_a_stranger_is_401_before_the_body_has_come(service: Served, key: bytes) -> None:
    head = HEAD.replace(b"x-api-key: " + KEY.encode() + b"\r\n", key)

    assert service.send([head + b"Connection: close\r\nContent-Length: 1000\r\n\r\n"]) == 401
    assert service.send(chain([head + b"Transfer-Encoding: chunked\r\n\r\n"], repeat(CHUNK))) == 401


def test_a_key_in_the_trailers_is_none(service: Served) -> None:
    head = HEAD.replace(b"x-api-key: " + KEY.encode() + b"\r\n", b"Connection: close\r\n")
    whole = b"%x\r\n%b\r\n0\r\nx-api-key: %b\r\n\r\n" % (len(service.good), service.good, KEY.encode())

    assert service.send([head + b"Transfer-Encoding: chunked\r\n\r\n" + whole]) == 401


@pytest.mark.parametrize(
    "body",
    [
        b'{"instances":' + b"[" * 1_000_000,
        b'{"a":' * 300_000,
        b'{"instances": [{"age": ' + b"9" * 1_000_000 + b"}]}",
        b'{"instances": [{"age": 1e999999999}]}',
        b'{"instances": [{"age": -1e400}]}',
        b'{"instances": [{"age": NaN}]}',
        b'{"instances": [{"age": Infinity}]}',
        b'{"instances": [{"workclass": "\\ud800"}]}',
        b'{"instances": [{"workclass": "\\u0000"}]}',
        b'{"instances": [{"workclass": "\xff\xfe"}]}',
        '{"instances": [{"age": 38}]}'.encode("utf-16"),
        '{"instances": [{"age": 38}]}'.encode("utf-32"),
        b'\xef\xbb\xbf{"instances": [{"age": 38}]}',
        b'{"instances": [{"age": 38}], "instances": []}',
        b"\x00" * 1_000_000,
        b'{"instances": [' + b"{}," * 600_000 + b"{}]}",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00",
    ],
    ids=lambda body: repr(body[:32]),
)
def test_a_body_that_no_model_can_answer_is_4xx(service: Served, body: bytes) -> None:
    assert service.post(body) in (413, 422)


@pytest.mark.parametrize(
    "number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400, "1" + "0" * 400 + ".5", "1e-400x"]
)
def test_a_number_that_is_none_is_422_in_a_request_that_is_good_otherwise(service: Served, number: str) -> None:
    instance: dict[str, Any] = json.loads(service.good)["instances"][0]
    text = json.dumps({"instances": [instance | {"age": "here"}]}).replace('"here"', number)

    assert service.post(text.encode()) == 422


def test_of_a_field_that_is_there_twice_every_value_but_the_last_is_nothing(service: Served) -> None:
    twice = service.good.replace(b'{"instances": [{', b'{"instances": [{"age": 50, ')

    assert service.post(twice) in (200, 422)


def test_requests_in_one_piece_are_answered_in_order(service: Served) -> None:
    ids = [b"first", b"second", b"third"]
    requests = [GET + b"x-request-id: " + each + b"\r\n\r\n" for each in ids]

    service.send([b"".join(requests), LAST])

    answered = service.answers[-1]
    assert answered.count(b"HTTP/1.1 200 OK") == 4
    assert sorted(ids, key=answered.index) == ids
