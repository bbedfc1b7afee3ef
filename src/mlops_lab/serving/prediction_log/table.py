"""From records to Parquet: one row for each answered row, in the types that the log promises. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import groupby
from typing import Any

from arro3.core import Array, DataType, Field, Schema, Table
from arro3.io import write_parquet

from mlops_lab.serving.prediction_log.record import Cell, Contents, Kind, Record

HOUR = 3_600_000_000  # microseconds
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
WHOLE = 2.0**63  # int64 ends below it
INT64 = DataType.int64()
MOMENT = DataType.timestamp("us", tz="UTC")
COMPRESSION = "zstd(3)"


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
        columns[name] = _ARRAYS[kind](cell for record in records for cell in record.columns[place])
    schema = Schema([Field(name, array.type) for name, array in columns.items()])
    out = BytesIO()
    write_parquet(Table.from_arrays(list(columns.values()), schema=schema), out, compression=COMPRESSION)
    return out.getvalue()


def _own(model_version: str, records: Sequence[Record]) -> dict[str, Array]:
    sizes = [len(record.scores) for record in records]
    rows = sum(sizes)

    def repeated(values: Iterable[Any]) -> list[Any]:
        return [value for value, size in zip(values, sizes, strict=True) for _ in range(size)]

    return {
        "request_id": Array(repeated(record.request_id for record in records), type=DataType.string()),
        "row": Array([row for size in sizes for row in range(size)], type=DataType.int32()),
        "logged_at": _moments(repeated(record.logged_at for record in records)),
        "model_version": Array([model_version] * rows, type=DataType.string()),
        "latency_ms": Array(repeated(record.latency_ms for record in records), type=DataType.float64()),
        "score": Array([score for record in records for score in record.scores], type=DataType.float64()),
    }


def _moments(microseconds: Sequence[int | None]) -> Array:
    return Array(microseconds, type=INT64).cast(MOMENT)


def _texts(cells: Iterable[Cell]) -> Array:
    return Array(list(cells), type=DataType.string())


def _numbers(cells: Iterable[Cell]) -> Array:
    return Array(list(cells), type=DataType.float64())


def _integers(cells: Iterable[Cell]) -> Array:
    """Whole numbers; one that no int64 holds is null, since a request may write 1e300 where there is no bound."""
    return Array([int(cell) if _fits(cell) else None for cell in cells], type=INT64)  # type: ignore[arg-type]


def _fits(cell: Cell) -> bool:
    return isinstance(cell, float) and -WHOLE <= cell < WHOLE


def _times(cells: Iterable[Cell]) -> Array:
    """Times of a clock that has no zone, kept as if they were UTC."""
    return _moments([None if cell is None else _microseconds(str(cell)) for cell in cells])


def _microseconds(text: str) -> int:
    return (datetime.fromisoformat(text).replace(tzinfo=UTC) - EPOCH) // MICROSECOND


_ARRAYS: Mapping[Kind, Callable[[Iterable[Cell]], Array]] = {
    "text": _texts,
    "number": _numbers,
    "integer": _integers,
    "time": _times,
}
