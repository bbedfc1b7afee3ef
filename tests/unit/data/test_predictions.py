from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest

from mlops_lab.data import predictions
from mlops_lab.errors import LabError

NOON = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)


def logged(*rows: tuple[str, int, float]) -> pd.DataFrame:
    """Rows of request id, row and seconds after noon."""
    return pd.DataFrame(
        [{"request_id": name, "row": row, "logged_at": NOON + timedelta(seconds=after)} for name, row, after in rows]
    )


def test_a_row_that_was_shipped_twice_is_there_once():
    found = predictions.once(logged(("b", 0, 2), ("a", 1, 1), ("a", 0, 1), ("b", 0, 2)))

    assert found[["request_id", "row"]].to_numpy().tolist() == [["a", 0], ["a", 1], ["b", 0]]


def test_a_request_that_was_repeated_counts_as_it_was_logged_first():
    found = predictions.once(logged(("a", 0, 5), ("a", 0, 1)))

    assert found["logged_at"].tolist() == [NOON + timedelta(seconds=1)]


def test_a_span_is_read_from_every_hour_that_it_touches():
    found = list(predictions._prefixes("taxi", NOON, NOON + timedelta(hours=2)))

    assert [each.rpartition("hour=")[2] for each in found] == ["12/", "13/", "14/"]
    assert found[0] == "predictions/project=taxi/date=2026-11-23/hour=12/"


def test_a_field_that_only_a_newer_model_has_is_empty_in_the_rows_of_the_older_one():
    older, newer = pa.table({"request_id": ["a"]}), pa.table({"request_id": ["b"], "wage": [1.5]})

    found = predictions._joined("income", [older, newer])

    assert found["wage"].fillna(0).tolist() == [0, 1.5]


def test_a_field_whose_type_has_changed_is_one_line():
    older, newer = pa.table({"wage": ["much"]}), pa.table({"wage": [1.5]})

    with pytest.raises(LabError, match="models of income have a field in different types"):
        predictions._joined("income", [older, newer])
