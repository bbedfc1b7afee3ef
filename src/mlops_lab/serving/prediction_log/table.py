"""From records to Parquet: one row for each answered row, in the types that the log promises. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import chain, groupby
from typing import TypeVar

from arro3.core import Array, DataType, Field, Schema, Table
from arro3.io import write_parquet

from mlops_lab.serving.prediction_log.record import Cell, Contents, Kind, Record

HOUR = 3_600_000_000  # microseconds
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
INT64 = DataType.int64()
MOMENT = DataType.timestamp("us", tz="UTC")
COMPRESSION = "zstd(3)"
T = TypeVar("T")


def by_hour(contents: Contents) -> list[tuple[datetime, bytes]]:
    """Return a Parquet file for every hour (UTC) in which something was logged, with that hour's beginning."""
    ordered = sorted(contents.records, key=lambda record: record.logged_at)
    return [
        (EPOCH + timedelta(hours=hour), _parquet(contents, list(records)))
        for hour, records in groupby(ordered, key=lambda record: record.logged_at // HOUR)
    ]


def _parquet(contents: Contents, records: Sequence[Record]) -> bytes:
    columns = _own(contents.header.model_version, records)
    for place, (name, kind) in enumerate(contents.header.fields):
        columns[name] = _ARRAYS[kind](_joined(record.columns[place] for record in records))
    schema = Schema([Field(name, array.type) for name, array in columns.items()])
    out = BytesIO()
    write_parquet(Table.from_arrays(list(columns.values()), schema=schema), out, compression=COMPRESSION)
    return out.getvalue()


def _own(model_version: str, records: Sequence[Record]) -> dict[str, Array]:
    requests = [request for record in records for request in record.requests]
    scores = _joined(record.scores for record in records)
    return {
        "request_id": _texts(_joined([each.id] * each.rows for each in requests)),
        "row": Array(_joined(range(each.rows) for each in requests), type=DataType.int32()),
        "logged_at": _moments(_joined([each.logged_at] * len(each.scores) for each in records)),
        "model_version": _texts([model_version] * len(scores)),
        "latency_ms": _numbers(_joined([each.latency_ms] * each.rows for each in requests)),
        "score": _numbers(scores),
    }


def _joined(parts: Iterable[Iterable[T]]) -> list[T]:
    return list(chain.from_iterable(parts))


def _moments(microseconds: Sequence[int | None]) -> Array:
    return Array(microseconds, type=INT64).cast(MOMENT)


def _texts(cells: Sequence[Cell]) -> Array:
    return Array(cells, type=DataType.string())


def _numbers(cells: Sequence[Cell]) -> Array:
    return Array(cells, type=DataType.float64())


def _integers(cells: Sequence[Cell]) -> Array:
    """Whole numbers; one that no int64 holds is null, since a request may write 1e300 where there is no bound."""
    return _numbers(cells).cast(INT64)


def _times(cells: Sequence[Cell]) -> Array:
    """Times of a clock that has no zone, kept as if they were UTC."""
    return _moments([None if cell is None else _microseconds(str(cell)) for cell in cells])


def _microseconds(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // MICROSECOND


_ARRAYS: Mapping[Kind, Callable[[Sequence[Cell]], Array]] = {
    "text": _texts,
    "number": _numbers,
    "integer": _integers,
    "time": _times,
}
