from datetime import UTC, datetime, timedelta
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_lab.serving.prediction_log import record, table
from mlops_lab.serving.prediction_log.record import Cell, Contents, Header, Record, Request

HEADER = Header(record.FORMAT, "p", "3", (("job", "text"), ("age", "integer"), ("pay", "number"), ("at", "time")))
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def moment(after: timedelta = timedelta()) -> int:
    return (NOON + after - table.EPOCH) // MICROSECOND


def read(content: bytes) -> pa.Table:
    return pq.read_table(BytesIO(content))


def asked(
    name: str, logged_at: int, latency_ms: float, scores: list[float | None], columns: list[list[Cell]]
) -> Record:
    return Record(logged_at, [Request(name, len(scores), latency_ms)], scores, columns)


def one(*records: Record) -> pa.Table:
    ((_, content),) = table.by_hour(Contents(HEADER, list(records), 0))
    return read(content)


def test_the_columns_are_those_that_readers_rely_on():
    found = one(asked("a", moment(), 0.5, [0.25], [["Clerk"], [38.0], [1.5], ["2019-01-15T08:30:00"]]))

    assert found.schema.remove_metadata() == pa.schema(
        [
            ("request_id", pa.string()),
            ("row", pa.int32()),
            ("logged_at", pa.timestamp("us", "UTC")),
            ("model_version", pa.string()),
            ("latency_ms", pa.float64()),
            ("score", pa.float64()),
            ("job", pa.string()),
            ("age", pa.int64()),
            ("pay", pa.float64()),
            ("at", pa.timestamp("us", "UTC")),
        ]
    )
    assert found.to_pylist() == [
        {
            "request_id": "a",
            "row": 0,
            "logged_at": NOON,
            "model_version": "3",
            "latency_ms": 0.5,
            "score": 0.25,
            "job": "Clerk",
            "age": 38,
            "pay": 1.5,
            "at": datetime(2019, 1, 15, 8, 30, tzinfo=UTC),
        }
    ]


def test_a_request_of_several_rows_is_a_row_each_in_its_order():
    columns = [["x", None], [None, 2.0], [0.5, None], ["1900-01-01 00:00:00", None]]

    found = one(
        asked("a", moment(), 0.5, [0.1, None], columns),
        asked("b", moment(), 1.0, [0.3], [["y"], [1.0], [1.0], [None]]),
    )

    assert found["request_id"].to_pylist() == ["a", "a", "b"]
    assert found["row"].to_pylist() == [0, 1, 0]
    assert found["score"].to_pylist() == [0.1, None, 0.3]
    assert found["age"].to_pylist() == [None, 2, 1]


def test_requests_that_were_answered_together_keep_their_own_ids_rows_and_latencies():
    requests = [Request("a", 2, 0.5), Request("b", 1, 0.75)]
    columns = [["x", "y", "z"], [1.0, 2.0, 3.0], [0.5, 0.5, 0.5], [None, None, None]]

    found = one(Record(moment(), requests, [0.1, 0.2, 0.3], columns))

    assert found["request_id"].to_pylist() == ["a", "a", "b"]
    assert found["row"].to_pylist() == [0, 1, 0]
    assert found["latency_ms"].to_pylist() == [0.5, 0.5, 0.75]
    assert found["job"].to_pylist() == ["x", "y", "z"]
    assert found["logged_at"].to_pylist() == [NOON] * 3


def test_records_are_put_under_the_hour_in_which_they_were_logged():
    cells = [["x"], [1.0], [1.0], [None]]
    late = asked("late", moment(timedelta(hours=1)), 1.0, [0.1], cells)
    early = asked("early", moment(timedelta(hours=1) - MICROSECOND), 1.0, [0.1], cells)

    found = table.by_hour(Contents(HEADER, [late, early], 0))

    assert [hour for hour, _ in found] == [NOON, NOON + timedelta(hours=1)]
    assert [read(content)["request_id"].to_pylist() for _, content in found] == [["early"], ["late"]]


@pytest.mark.parametrize(("cell", "kept"), [(1e300, None), (2.0**63, None), (-(2.0**63), -(2**63)), (3.0, 3)])
def test_a_whole_number_that_no_int64_holds_is_null_and_stops_nothing(cell: float, kept: int | None):
    found = one(asked("a", moment(), 1.0, [0.1], [["x"], [cell], [1.0], [None]]))

    assert found["age"].to_pylist() == [kept]


@given(
    st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)), min_size=1),
    st.lists(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False)), min_size=1),
    st.lists(st.one_of(st.none(), st.integers(-(2**53), 2**53)), min_size=1),
    st.lists(st.datetimes(datetime(1900, 1, 1), datetime(2099, 12, 31)).map(lambda t: t.replace(microsecond=0))),
)
def test_what_was_asked_comes_back_in_its_own_type(texts, numbers, integers, times):
    size = min(len(texts), len(numbers), len(integers)) if times else 1
    written = (times * size)[:size] if times else [datetime(2020, 2, 29)]
    columns = [
        texts[:size],
        [None if each is None else float(each) for each in integers[:size]],
        numbers[:size],
        [each.isoformat() for each in written],
    ]

    found = one(asked("a", moment(), 1.0, [0.5] * size, columns))

    assert found["job"].to_pylist() == texts[:size]
    assert found["age"].to_pylist() == integers[:size]
    assert found["pay"].to_pylist() == numbers[:size]
    assert [each.replace(tzinfo=None) for each in found["at"].to_pylist()] == written
