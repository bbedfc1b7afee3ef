"""HTTP as uvicorn speaks it, with a limit to how long a request's head may be and how long it may take."""

import asyncio
import json
from collections import deque
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_BYTES = 64 * 1024  # what the balancer of AWS lets through
HEAD_SECONDS = 10.0
LINGER_SECONDS = 1.0  # that a refused client may go on sending: a reset would take the answer from it
NOWHERE: deque[tuple[bytes, bytes]] = deque(maxlen=0)  # where trailers go: uvicorn adds them to the request's headers
TOO_LARGE = f"The request line and its headers have more than {HEAD_BYTES} bytes; send fewer or shorter ones."
NO_HTTP = "This is no HTTP/1.1 request; send one, without TLS: that ends at the balancer."


class HeadTooLargeError(Exception):
    """Tells the parser to stop."""


class LimitedProtocol(HttpToolsProtocol):
    """Refuses a head that is too large or too slow, what is no HTTP, and a body that goes on after its answer.

    uvicorn has a timer only for connections between two requests, and an application one only for what it reads. Here
    one runs for a connection that nobody else watches; a request that arrives at once starts none.
    """

    head_seconds = HEAD_SECONDS

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self.ws_protocol_class = None  # whatever is installed: another protocol would not have these limits
        self._unparsed = 0  # bytes since the last that completed a head, were of a body or ended it
        self._body_open = self._refused = False
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin as a connection between two requests: one that never says anything is no worse."""
        super().connection_made(transport)
        self._keep_alive()

    def connection_lost(self, exc: Exception | None) -> None:
        """End, with the timers: each would hold the connection's memory until it fires."""
        self._stop_timer()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived, and see to it that somebody waits for the rest."""
        if self._refused:
            return
        self._unparsed += len(data)
        super().data_received(data)
        if self._unparsed or self.cycle.response_complete:
            self._watch()

    def on_headers_complete(self) -> None:
        """Start the request, unless its head is too large, which is worth a count only where much came at once."""
        if self._unparsed > HEAD_BYTES and self._head_size() > HEAD_BYTES:
            self._refuse(431, TOO_LARGE)
            raise HeadTooLargeError
        super().on_headers_complete()
        self.headers = NOWHERE  # type: ignore[assignment]
        self._unparsed, self._body_open = 0, True
        if self._timer is not None:
            self._stop_timer()

    def on_body(self, body: bytes) -> None:
        """Hand a part of the body on."""
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End the request; what follows belongs to the next head."""
        self._unparsed, self._body_open = 0, False
        if self._timer is not None:
            self._stop_timer()
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser does not understand."""
        if not self._refused:
            self._refuse(400, NO_HTTP)

    def _watch(self) -> None:
        """Limit what nobody else limits: a head that is not whole yet, or the rest of a body that was answered."""
        if self._refused or self.transport.is_closing():
            return
        if self._unparsed > HEAD_BYTES:
            self._refuse(431, TOO_LARGE)
        elif not self._unparsed and not self._body_open:
            self._keep_alive()
        elif self._timer is None:
            self._timer = self.loop.call_later(self.head_seconds, self._expire)

    def _keep_alive(self) -> None:
        """Wait as between two requests; uvicorn has stopped doing so when the rest of an answered body came."""
        self._unset_keepalive_if_required()
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _expire(self) -> None:
        self._timer = None
        self._refuse(408, f"The head of the request did not arrive in {self.head_seconds:g} s; send it at once.")

    def _refuse(self, status: int, error: str) -> None:
        """Read no more, answer where no other answer would be mixed up with it, and close."""
        self._refused = True
        self._stop_timer()
        if self._begun:
            self.cycle.keep_alive = False
            if self.cycle.response_complete:
                self.transport.close()
            return
        if self.cycle is not None:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.write(self._answer(status, error))
        self.transport.write_eof()
        self._timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    @property
    def _begun(self) -> bool:
        """Whether the request being received is answered already, or an earlier one is being answered."""
        if self._body_open:
            return self.cycle.response_started or bool(self.pipeline)
        return self.cycle is not None and not self.cycle.response_complete

    def _answer(self, status: int, error: str) -> bytes:
        body = json.dumps({"error": error}).encode()
        own = [
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
        headers = (b"%s: %s\r\n" % header for header in [*self.server_state.default_headers, *own])
        return b"".join([STATUS_LINE[status], *headers, b"\r\n", body])

    def _head_size(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
