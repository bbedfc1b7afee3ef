"""What a write-ahead file holds, line by line: a header that says what the columns are, then one record a request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from mlops_lab.errors import LabError

Kind = Literal["text", "integer", "number", "time"]
Cell = str | float | None
FORMAT = 2
# The log's own columns; a field of a request may have none of these names, nor those of the partitions.
OWN = ("request_id", "row", "logged_at", "model_version", "latency_ms", "score")
PARTITIONS = ("project", "date", "hour")
KINDS: Mapping[str, Kind] = {"string": "text", "integer": "integer", "number": "number"}


class Header(msgspec.Struct, frozen=True, array_like=True):
    """What the records of a file have in common: another process, of another model, can read them by it."""

    format: int
    project: str
    model_version: str
    fields: tuple[tuple[str, Kind], ...]


class Request(msgspec.Struct, frozen=True, array_like=True):
    """A request that was answered."""

    id: str
    rows: int
    latency_ms: float


class Record(msgspec.Struct, frozen=True, array_like=True):
    """Requests that were answered together: of all their rows a score, and a column for each of the header's fields."""

    logged_at: int  # microseconds since the epoch, UTC
    requests: Sequence[Request]
    scores: Sequence[float | None]
    columns: Sequence[Sequence[Cell]]


class Alone(msgspec.Struct, frozen=True, array_like=True):
    """A record of format 1, which an image of before may have left: one request."""

    request_id: str
    logged_at: int
    latency_ms: float
    scores: list[float | None]
    columns: list[list[Cell]]

    @property
    def record(self) -> Record:
        """The same in the present format."""
        requests = [Request(self.request_id, len(self.scores), self.latency_ms)]
        return Record(self.logged_at, requests, self.scores, self.columns)


@dataclass(frozen=True)
class Contents:
    """What a write-ahead file says; `damaged` counts lines that no process of this lab has written."""

    header: Header
    records: list[Record]
    damaged: int


class UnreadableError(Exception):
    """A file holds records and no header that says what they mean."""


_HEADERS = msgspec.json.Decoder(Header)
_ALONE = msgspec.json.Decoder(Alone)
_RECORDS: Mapping[int, Callable[[bytes], Record]] = {
    1: lambda text: _ALONE.decode(text).record,
    FORMAT: msgspec.json.Decoder(Record).decode,
}
_ENCODER = msgspec.json.Encoder()


def header(project: str, model_version: str, schema: Mapping[str, Any]) -> Header:
    """Return the header of a model's records.

    Args:
        project: Its name.
        model_version: Registered version.
        schema: The bundle's request schema.

    Raises:
        LabError: A field has the name of one of the log's own columns.
    """
    names = tuple(schema["required"])
    if taken := sorted(set(names) & {*OWN, *PARTITIONS}):
        raise LabError(f"Field {taken[0]!r} of {project} is a column of the prediction log; give it another name.")
    return Header(FORMAT, project, model_version, tuple((name, kind(schema["properties"][name])) for name in names))


def kind(described: Mapping[str, Any]) -> Kind:
    """Return what a field holds, by its JSON Schema."""
    if described.get("format") == "date-time-local":
        return "time"
    types = described["type"]
    return KINDS[types[0] if isinstance(types, list) else types]


def line(content: Header | Record) -> bytes:
    """Return a header or a record as the line that stands in a file: JSON, in which no line break can occur."""
    return _ENCODER.encode(content) + b"\n"


def parse(content: bytes) -> Contents | None:
    """Read a file, or None where it holds no record.

    A line without its end was being written when its process died: nobody got that answer, and it is dropped.

    Raises:
        UnreadableError: The first line is no header of this format.
    """
    first, *lines = content.split(b"\n")[:-1] or [b""]
    if not lines:
        return None
    try:
        described = _HEADERS.decode(first)
    except msgspec.DecodeError as error:
        raise UnreadableError(str(error)) from error
    if described.format not in _RECORDS:
        raise UnreadableError(f"format {described.format}, this version reads {' and '.join(map(str, _RECORDS))}")
    read = _RECORDS[described.format]
    records = [record for line in lines if (record := _record(read, line)) is not None and _fits(record, described)]
    return Contents(described, records, len(lines) - len(records))


def _record(read: Callable[[bytes], Record], text: bytes) -> Record | None:
    try:
        return read(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _fits(record: Record, described: Header) -> bool:
    rows = {sum(each.rows for each in record.requests), len(record.scores), *map(len, record.columns)}
    return len(rows) == 1 and len(record.columns) == len(described.fields)
