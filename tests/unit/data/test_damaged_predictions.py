from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_lab import catalog
from mlops_lab.data import predictions
from mlops_lab.errors import LabError
from mlops_lab.serving.prediction_log import record, table
from mlops_lab.serving.prediction_log.record import Contents, Header, Record, Request
from mlops_lab.settings import Settings

NOW = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
MICROSECONDS = int(NOW.timestamp()) * 1_000_000
HEADER = Header(record.FORMAT, "income", "7", (("age", "integer"), ("job", "text"), ("at", "time")))
ROWS = [
    Record(MICROSECONDS + n, [Request(f"r{n}", 1, 1.0)], [0.5], [[float(n)], ["Clerk"], ["2019-01-15T08:30:00"]])
    for n in range(9)
]
((_, WHOLE),) = table.by_hour(Contents(HEADER, ROWS, 0))
KEY = catalog.predictions_key("income", NOW, "damaged")


class Bucket:
    """S3 with one object."""

    def __init__(self, content: bytes):
        self.content = content

    def get_paginator(self, operation: str) -> Any:
        return self

    def paginate(self, Bucket: str, Prefix: str) -> list[dict[str, Any]]:
        return [{"Contents": [{"Key": KEY}] if KEY.startswith(Prefix) else []}]

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": BytesIO(self.content)}


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Return what reads a log that holds one object of some content."""

    def reader(content: bytes) -> pd.DataFrame:
        monkeypatch.setattr(predictions, "client", lambda *_: Bucket(content))
        monkeypatch.setattr(predictions, "account", lambda _: "1")
        return predictions.read(Settings(root=tmp_path), "income", NOW - timedelta(hours=1), NOW + timedelta(hours=1))

    return reader


def test_a_whole_file_is_read(read: Any) -> None:
    assert list(read(WHOLE)["request_id"]) == [each.requests[0].id for each in ROWS]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.integers(0, len(WHOLE) - 1))
def test_a_file_that_is_cut_off_anywhere_is_named(read: Any, length: int) -> None:
    with pytest.raises(LabError, match=f"{KEY} is no Parquet file that can be read"):
        read(WHOLE[:length])


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=5))
def test_whatever_bytes_are_changed_the_file_is_read_or_refused_in_one_line(
    read: Any, changes: list[tuple[int, int]]
) -> None:
    damaged = bytearray(WHOLE)
    for place, byte in changes:
        damaged[place] = byte

    try:
        read(bytes(damaged))
    except LabError as error:
        refused = str(error)
    else:
        refused = ""

    assert "\n" not in refused


@pytest.mark.parametrize("text", [b"request_id", b"Clerk"])
def test_text_that_is_no_utf_8_is_refused_by_the_files_name(read: Any, text: bytes) -> None:
    plain = BytesIO()
    pd.read_parquet(BytesIO(WHOLE)).to_parquet(plain, compression="none", coerce_timestamps="us", use_dictionary=False)

    with pytest.raises(LabError, match=KEY):
        read(plain.getvalue().replace(text, b"\xff" * len(text)))
