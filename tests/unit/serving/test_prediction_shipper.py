import json
import logging
import tempfile
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_lab.errors import LabError
from mlops_lab.serving.log import JsonFormatter
from mlops_lab.serving.prediction_log import record, segment
from mlops_lab.serving.prediction_log.journal import Journal
from mlops_lab.serving.prediction_log.record import Header, Record, Request
from mlops_lab.serving.prediction_log.shipper import LONGEST_PAUSE, Shipper, pause

HEADER = Header(record.FORMAT, "income", "7", (("age", "integer"),))


class Bucket:
    """S3, as far as the shipper sees it."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.away = False

    def put(self, key: str, content: bytes) -> None:
        if self.away:
            raise LabError("AWS does not answer.")
        self.objects[key] = content

    @property
    def rows(self) -> list[tuple[str, int]]:
        tables = [pq.read_table(BytesIO(content)) for _, content in sorted(self.objects.items())]
        return [(each["request_id"], each["row"]) for found in tables for each in found.to_pylist()]


@pytest.fixture
def bucket() -> Bucket:
    return Bucket()


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path, HEADER, 10**9)


@pytest.fixture
def shipper(journal: Journal, bucket: Bucket) -> Shipper:
    return Shipper(journal, bucket.put, 60)


def append(journal: Journal, request_id: str, rows: int = 1) -> None:
    journal.append([Request(request_id, rows, 1.0)], {"age": [38.0] * rows}, [0.5] * rows)


def test_every_row_is_in_the_bucket_once_and_its_file_is_gone(journal: Journal, shipper: Shipper, bucket: Bucket):
    append(journal, "a", rows=2)
    append(journal, "b")

    shipper.step()
    shipper.step()

    assert bucket.rows == [("a", 0), ("a", 1), ("b", 0)]
    assert segment.found(journal.folder) == []
    assert (shipper.shipped, journal.waiting_bytes) == (3, 0)


def test_a_key_is_partitioned_by_project_date_and_hour(journal: Journal, shipper: Shipper, bucket: Bucket):
    append(journal, "a")
    (path,) = segment.found(journal.folder)

    shipper.step()

    (key,) = bucket.objects
    project, date, hour, name = key.removeprefix("predictions/").split("/")
    assert project == "project=income"
    assert len(date) == len("date=2026-11-23")
    assert len(hour) == len("hour=07")
    assert name == f"{path.stem}.parquet"


def test_while_s3_is_away_everything_is_kept_in_order(journal: Journal, shipper: Shipper, bucket: Bucket):
    bucket.away = True
    for name in ("a", "b", "c"):
        append(journal, name)
        with pytest.raises(LabError):
            shipper.step()
    bucket.away = False

    shipper.step()

    assert bucket.rows == [("a", 0), ("b", 0), ("c", 0)]


def test_a_file_that_was_put_and_not_deleted_is_put_again_under_the_same_key(
    journal: Journal, shipper: Shipper, bucket: Bucket
):
    append(journal, "a")
    (path,) = segment.found(journal.folder)
    journal.roll()
    content = path.read_bytes()
    shipper.step()
    path.write_bytes(content)  # as a process killed between the two has left it

    shipper.step()

    assert bucket.rows == [("a", 0)]


def test_what_an_earlier_process_has_left_is_shipped_with_its_own_version(tmp_path: Path, bucket: Bucket):
    left = Journal(tmp_path, Header(record.FORMAT, "income", "6", (("wage", "number"),)), 10**9)
    left.append([Request("left", 1, 1.0)], {"wage": [1.5]}, [0.25])
    left.roll()

    Shipper(Journal(tmp_path, HEADER, 10**9), bucket.put, 60).step()

    (content,) = bucket.objects.values()
    (row,) = pq.read_table(BytesIO(content)).to_pylist()
    assert (row["request_id"], row["model_version"], row["wage"]) == ("left", "6", 1.5)


def test_a_file_that_another_process_writes_is_left_to_it(tmp_path: Path, shipper: Shipper, bucket: Bucket):
    other = Journal(tmp_path, HEADER, 10**9)
    append(other, "theirs")

    shipper.step()

    assert bucket.objects == {}
    assert len(segment.found(tmp_path)) == 1


def test_an_unreadable_file_is_set_aside_and_those_after_it_are_shipped(
    journal: Journal, shipper: Shipper, bucket: Bucket
):
    (journal.folder / "000.wal").write_bytes(b"\x00\x00\n\x00\n")
    append(journal, "a")

    shipper.step()

    assert bucket.rows == [("a", 0)]
    assert [path.name for path in journal.folder.iterdir()] == ["000.damaged"]


def record_of(cell: object, at: int = 1) -> Record:
    return Record(at, [Request("odd", 1, 0.5)], [0.5], [[cell]])  # type: ignore[list-item]


HOSTILE = st.one_of(
    st.binary(max_size=200),
    st.lists(st.binary(max_size=50), max_size=5).map(lambda lines: record.line(HEADER) + b"\n".join(lines) + b"\n"),
    st.builds(
        record_of, st.one_of(st.text("a1", max_size=3), st.floats(), st.none()), st.integers(-(2**63), 2**63)
    ).map(lambda odd: record.line(HEADER) + record.line(odd)),
    st.builds(
        Header, st.just(record.FORMAT), st.text("./a\x00", max_size=5), st.text(max_size=3), st.just((("age", "time"),))
    ).map(lambda header: record.line(header) + record.line(record_of("yesterday"))),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(HOSTILE, min_size=1, max_size=4))
def test_whatever_other_files_hold_the_good_ones_are_shipped(tmp_path: Path, hostile: list[bytes]):
    folder, bucket = Path(tempfile.mkdtemp(dir=tmp_path)), Bucket()
    journal = Journal(folder, HEADER, 10**9)
    for number, content in enumerate(hostile):
        (folder / f"{number:03}.wal").write_bytes(content)
    append(journal, "good")

    Shipper(journal, bucket.put, 60).step()

    assert ("good", 0) in bucket.rows
    assert segment.found(folder) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.binary(max_size=50).filter(lambda line: b"\n" not in line), min_size=1, max_size=5), st.integers(0, 5)
)
def test_no_good_record_is_lost_among_lines_that_are_none(tmp_path: Path, lines: list[bytes], place: int):
    folder, bucket = Path(tempfile.mkdtemp(dir=tmp_path)), Bucket()
    good = record.line(Record(1_700_000_000_000_000, [Request("good", 1, 0.5)], [0.5], [[38.0]]))
    mixed = [*(line + b"\n" for line in lines[:place]), good, *(line + b"\n" for line in lines[place:])]
    (folder / "000.wal").write_bytes(record.line(HEADER) + b"".join(mixed))

    Shipper(Journal(folder, HEADER, 10**9), bucket.put, 60).step()

    assert ("good", 0) in bucket.rows


def test_a_file_without_a_whole_record_is_deleted(journal: Journal, shipper: Shipper, bucket: Bucket):
    (journal.folder / "000.wal").write_bytes(record.line(HEADER) + b'["torn')

    shipper.step()

    assert (bucket.objects, segment.found(journal.folder)) == ({}, [])


def test_what_was_shed_is_a_metric_in_the_log_once(tmp_path: Path, bucket: Bucket, caplog: pytest.LogCaptureFixture):
    journal = Journal(tmp_path, HEADER, limit_bytes=1)
    shipper = Shipper(journal, bucket.put, 60)
    append(journal, "a", rows=3)

    with caplog.at_level(logging.ERROR):
        shipper.step()
        shipper.step()

    (line,) = [json.loads(JsonFormatter().format(each)) for each in caplog.records]
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"]) == ("mlops-lab", [["Project"]])
    assert directive["Metrics"] == [{"Name": "PredictionsShed", "Unit": "Count"}]
    assert (line["Project"], line["PredictionsShed"]) == ("income", 3)


def test_closing_ships_the_rest(journal: Journal, shipper: Shipper, bucket: Bucket):
    shipper.start()
    append(journal, "last")

    shipper.close(30)

    assert bucket.rows == [("last", 0)]


def test_closing_while_s3_is_away_leaves_the_rest_in_its_file(journal: Journal, shipper: Shipper, bucket: Bucket):
    bucket.away = True
    shipper.start()
    append(journal, "last")

    shipper.close(30)

    assert len(segment.found(journal.folder)) == 1


def test_pauses_double_up_to_a_minute_and_are_never_shorter_than_asked_for():
    assert [pause(failures, 10) for failures in range(5)] == [10, 20, 40, LONGEST_PAUSE, LONGEST_PAUSE]
    assert pause(10_000, 0.5) == LONGEST_PAUSE
    assert pause(3, 300) == 300
