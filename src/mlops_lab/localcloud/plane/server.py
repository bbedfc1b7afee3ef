"""HTTP/1.1 in front of the gate: werkzeug's threaded server with moto's request handler, connections kept alive."""

import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import ThreadedWSGIServer

from mlops_lab.errors import LabError
from mlops_lab.localcloud.plane.call import Answer, Call

IDLE_SECONDS = 120  # after which a connection that is kept alive is closed


class _Server(ThreadedWSGIServer):  # type: ignore[misc]
    """Counts the requests that are being answered, so that a stop can wait for them."""

    request_queue_size = 128

    def __init__(self, port: int, answer: Callable[[Call], Answer]) -> None:
        super().__init__("127.0.0.1", port, app=_never, handler=_Handler)
        self.answer = answer
        self.busy = 0
        self.idle = threading.Condition()


def _never(environ: Any, start_response: Any) -> Any:
    raise AssertionError("the handler answers by itself")


class _Handler(MotoRequestHandler):  # type: ignore[misc]
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write no access log."""

    def run_wsgi(self) -> None:
        with self.server.idle:
            self.server.busy += 1
        try:
            self._answer()
        finally:
            with self.server.idle:
                self.server.busy -= 1
                self.server.idle.notify_all()

    def _answer(self) -> None:
        environ = self.make_environ()
        if environ.get("wsgi.input_terminated"):
            body = environ["wsgi.input"].read()
        else:
            body = self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0))
        self._write(self.server.answer(Call.from_environ(environ, body)))

    def _write(self, answer: Answer) -> None:
        code = answer.code
        self.send_response(code, HTTPStatus(code).phrase)
        names = set()
        for name, value in answer.headers:
            if name.lower() not in {"connection", "transfer-encoding", "server", "date"}:
                self.send_header(name, value)
                names.add(name.lower())
        if "content-length" not in names and code >= 200 and code not in {204, 304}:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


class Server:
    """A listening port on the loopback interface."""

    def __init__(self, port: int, answer: Callable[[Call], Answer]) -> None:
        """Bind.

        Raises:
            LabError: The port is taken.
        """
        try:
            self._server = _Server(port, answer)
        except (OSError, SystemExit):
            raise LabError(
                f"port {port} of the embedded cloud is in use; end what uses it or set LAB_CLOUD_PORT to another port."
            ) from None
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="control-plane", daemon=True)

    def start(self) -> None:
        """Accept connections in a background thread."""
        self._thread.start()

    def stop(self, patience: float = 10.0) -> None:
        """Accept no more, and wait for the requests that are being answered, at most `patience` seconds."""
        self._server.shutdown()
        with self._server.idle:
            self._server.idle.wait_for(lambda: self._server.busy == 0, patience)
        self.close()

    def close(self) -> None:
        """Let go of the port."""
        self._server.server_close()
