"""Serves a dashboard's page on this machine, and only to this machine."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from mlops_lab.cloud.session import client, explained
from mlops_lab.errors import LabError
from mlops_lab.reporting import picture as file
from mlops_lab.reporting.dashboard import live, page, picture
from mlops_lab.reporting.dashboard.view import View
from mlops_lab.reporting.dashboard.widget import MetricWidget
from mlops_lab.settings import LOOPBACK, Settings

Read = Callable[[timedelta | None], View]
FASTEST, SLOWEST = 5, 60  # seconds between two readings
MOST_MINUTES = 60 * 24 * 15
HTML = "text/html; charset=utf-8"


class Source:
    """Reads a dashboard at most once in a refresh for every span, however many look: each reading has its price."""

    def __init__(self, read: Read, refresh: int):
        self._read, self.refresh = read, refresh
        self._lock = threading.Lock()
        self._known: dict[timedelta | None, tuple[float, View]] = {}

    def view(self, back: timedelta | None) -> View:
        """Return the dashboard as it is now, or was less than a refresh ago."""
        with self._lock:
            taken, view = self._known.get(back, (float("-inf"), None))
            if view is None or time.monotonic() - taken > self.refresh - 1:
                view = self._read(back)
                self._known = {back: (time.monotonic(), view)}
            return view


class DashboardServer(ThreadingHTTPServer):
    """A dashboard's server on a port of 127.0.0.1; ``serve_forever`` runs it."""

    daemon_threads = True

    def __init__(self, source: Source, port: int):
        """Take the port.

        Raises:
            LabError: The port is taken.
        """
        self.source = source
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except OSError as error:
            raise LabError(
                f"Port {port} cannot be used ({error.strerror}); choose another for the dashboard."
            ) from None

    @property
    def url(self) -> str:
        """Where the page is."""
        return f"http://{LOOPBACK}:{self.server_port}/"


def serve(settings: Settings, name: str, port: int = 0) -> DashboardServer:
    """Return a server of a dashboard's page, ready for ``serve_forever``; port 0 is any free one.

    It reads four times in a period of the metrics, between every 5 s and once a minute, and only while a page is
    open: GetMetricData costs 0.01 USD for 1,000 metrics on AWS.

    Raises:
        LabError: The port is taken, there is no such dashboard, or the target does not answer.
    """
    cloudwatch = client(settings, "cloudwatch")
    with explained(settings):
        periods = [each.period for each in live.definition(cloudwatch, name).widgets if isinstance(each, MetricWidget)]

    def read(back: timedelta | None) -> View:
        with explained(settings):
            return live.read(cloudwatch, name, back)

    refresh = min(max(min(periods, default=SLOWEST) // 4, FASTEST), SLOWEST)
    return DashboardServer(Source(read, refresh), port)


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    content: bytes
    kind: str = "text/plain; charset=utf-8"
    status: HTTPStatus = HTTPStatus.OK
    script: str = "'none'"  # source of scripts that the browser may run


class _Handler(BaseHTTPRequestHandler):
    server: DashboardServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer the page, its panels or the picture."""
        hosts = {f"{host}:{self.server.server_port}" for host in (LOOPBACK, "localhost")}
        if self.headers.get("Host") not in hosts:  # a name of somebody else's that leads here
            return self._send(Answer(b"This page is for this machine.", status=HTTPStatus.FORBIDDEN))
        asked = urlsplit(self.path)
        try:
            answer = answered(self.server.source, asked.path, _minutes(parse_qs(asked.query)))
        except LabError as error:
            answer = Answer(str(error).encode(), status=HTTPStatus.BAD_GATEWAY)
        return self._send(answer)

    def _send(self, answer: Answer) -> None:
        policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src {answer.script}; connect-src 'self'"
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *line: object) -> None:
        """Say nothing: a line for every refresh helps nobody."""


def answered(source: Source, path: str, minutes: int | None) -> Answer:
    """Return what a path answers: the page, its panels, or the picture.

    Raises:
        LabError: The dashboard cannot be read.
    """
    back = None if minutes is None else timedelta(minutes=minutes)
    if path == "/":
        nonce = secrets.token_urlsafe(12)
        return Answer(page.page(source.view(back), source.refresh, nonce).encode(), HTML, script=f"'nonce-{nonce}'")
    if path == "/panels":
        return Answer(page.panels(source.view(back)).encode(), HTML)
    if path == "/dashboard.png":
        return Answer(file.png(picture.draw(source.view(back))), "image/png")
    return Answer(b"There are /, /panels and /dashboard.png.", status=HTTPStatus.NOT_FOUND)


def _minutes(query: dict[str, list[str]]) -> int | None:
    given = query.get("minutes", [""])[0]
    return min(max(int(given), 1), MOST_MINUTES) if given.isascii() and given.isdecimal() else None
