"""An API call as a value that can be executed now, written down, and executed again after a restart."""

import io
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

_LENGTH = struct.Struct(">I")
_KEPT = {
    "REQUEST_METHOD",
    "SCRIPT_NAME",
    "PATH_INFO",
    "QUERY_STRING",
    "REQUEST_URI",
    "RAW_URI",
    "SERVER_NAME",
    "SERVER_PORT",
    "SERVER_PROTOCOL",
    "CONTENT_TYPE",
    "moto.preserved_header_names",
}
_TRANSPORT = {"HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "HTTP_CONNECTION"}


@dataclass(frozen=True)
class Call:
    """One HTTP request, with everything that its outcome depends on: seed of the random ids and time of day."""

    environ: Mapping[str, Any]  # the WSGI variables that describe the request; JSON values
    body: bytes
    seed: int = 0
    time: float = 0.0  # seconds since the epoch
    blob: str | None = None  # SHA-256 of the body where it is kept beside the journal

    @classmethod
    def from_environ(cls, environ: Mapping[str, Any], body: bytes) -> "Call":
        """Keep of a WSGI environment what describes the request, and leave out what describes the connection."""
        kept = {
            key: value
            for key, value in environ.items()
            if key in _KEPT or (key.startswith("HTTP_") and key not in _TRANSPORT)
        }
        return cls(kept, body)

    @property
    def method(self) -> str:
        """HTTP method."""
        return str(self.environ["REQUEST_METHOD"])

    def to_environ(self) -> dict[str, Any]:
        """Return a WSGI environment to execute the call with."""
        return {
            **self.environ,
            "CONTENT_LENGTH": str(len(self.body)),
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.body),
            "wsgi.errors": io.StringIO(),
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }

    def encode(self) -> bytes:
        """Return the call as bytes; a body that is kept as a blob is left out."""
        head = {"environ": self.environ, "seed": self.seed, "time": self.time, "blob": self.blob}
        text = json.dumps(head, separators=(",", ":")).encode()
        return _LENGTH.pack(len(text)) + text + (b"" if self.blob else self.body)

    @classmethod
    def decode(cls, payload: bytes) -> "Call":
        """Return the call that `encode` wrote; a blob's body is empty until `with_body` sets it."""
        (length,) = _LENGTH.unpack_from(payload)
        start = _LENGTH.size + length
        head = json.loads(payload[_LENGTH.size : start])
        return cls(head["environ"], payload[start:], head["seed"], head["time"], head["blob"])

    def with_body(self, body: bytes) -> "Call":
        """Return the call with its body."""
        return replace(self, body=body)


@dataclass(frozen=True)
class Answer:
    """An HTTP response, complete in memory."""

    status: str  # "200 OK"
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def code(self) -> int:
        """HTTP status code."""
        return int(self.status.split(" ", 1)[0])


def failure(status: str, kind: str, message: str) -> Answer:
    """Return an error in the shape that AWS's JSON protocols use, which the other protocols' clients can show."""
    body = json.dumps({"__type": kind, "message": message}).encode()
    headers = (("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(body))))
    return Answer(status, headers, body)
