import http.server
import socket
import threading
from collections.abc import Iterator

import pytest

from mlops_lab.errors import LabError
from mlops_lab.localcloud.registry import Registry


class FakeKeeper:
    """Answers as a registry does, on a port."""

    def __init__(self, port: int, status: int = 200):
        self._port = port
        self._status = status
        self._server: http.server.HTTPServer | None = None
        self.starts = 0

    def start(self) -> None:
        status = self._status

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self.starts += 1
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def is_running(self) -> bool:
        return self._server is not None


class DeadKeeper(FakeKeeper):
    def start(self) -> None:
        self.starts += 1


@pytest.fixture
def port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def keeper(port: int) -> Iterator[FakeKeeper]:
    keeper = FakeKeeper(port)
    yield keeper
    keeper.stop()


def test_a_registry_that_runs_already_is_adopted(port: int, keeper: FakeKeeper):
    Registry(port, keeper).start()

    Registry(port, keeper).start()

    assert keeper.starts == 1


def test_a_stopped_registry_is_started_again(port: int, keeper: FakeKeeper):
    registry = Registry(port, keeper)
    registry.start()
    registry.stop()

    registry.start()

    assert registry.is_running
    assert keeper.starts == 2


def test_a_port_that_somebody_else_has_names_the_setting(port: int, keeper: FakeKeeper):
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()

        with pytest.raises(LabError, match=rf"Port {port} is already in use.*LAB_REGISTRY_PORT"):
            Registry(port, keeper).start()

    assert keeper.starts == 0


def test_a_registry_that_ends_at_once_is_an_error(port: int):
    with pytest.raises(LabError, match=f"does not answer at 127.0.0.1:{port}"):
        Registry(port, DeadKeeper(port)).start()
