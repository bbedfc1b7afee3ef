import errno
import fcntl
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_lab.errors import LabError
from mlops_lab.projects import get
from mlops_lab.registry.request_schema import request_schema
from mlops_lab.serving.prediction_log import journal as journals
from mlops_lab.serving.prediction_log import record, segment
from mlops_lab.serving.prediction_log.journal import Journal
from mlops_lab.serving.prediction_log.record import Contents, Header, Record, Request, UnreadableError

HEADER = Header(record.FORMAT, "income", "7", (("age", "integer"), ("job", "text")))
LARGE = 10**9
CELLS = st.one_of(
    st.none(), st.text(st.characters(exclude_categories=["Cs"])), st.floats(allow_nan=False, allow_infinity=False)
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "log"


@pytest.fixture
def journal(folder: Path) -> Journal:
    return Journal(folder, HEADER, LARGE)


def append(journal: Journal, *request_ids: str) -> list[bool]:
    columns = {"age": [38.0], "job": ["Clerk"]}
    return [journal.append([Request(each, 1, 1.0)], columns, [0.5]) for each in request_ids]


def contents(path: Path) -> Contents:
    found = record.parse(path.read_bytes())
    assert found is not None
    return found


def ids(found: Record) -> list[str]:
    return [request.id for request in found.requests]


def request_ids(folder: Path) -> list[str]:
    return [name for path in segment.found(folder) for each in contents(path).records for name in ids(each)]


def test_a_record_is_in_the_file_when_append_returns(journal: Journal, folder: Path):
    append(journal, "first")

    assert request_ids(folder) == ["first"]


def test_requests_that_were_answered_together_are_one_record(journal: Journal, folder: Path):
    requests = [Request("a", 1, 0.5), Request("b", 2, 0.75)]

    journal.append(requests, {"job": ("x", None, "y"), "age": (1.0, 2.0, 3.0)}, [0.1, 0.2, 0.3])

    (found,) = contents(segment.found(folder)[0]).records
    assert (found.requests, found.scores) == (requests, [0.1, 0.2, 0.3])
    assert found.columns == [[1.0, 2.0, 3.0], ["x", None, "y"]]
    assert journal.counts.logged == 3


def test_records_keep_their_order_over_files(folder: Path):
    journal = Journal(folder, HEADER, LARGE, segment_bytes=200)
    names = [f"request-{number}" for number in range(20)]

    append(journal, *names)

    assert len(segment.found(folder)) > 3
    assert request_ids(folder) == names


def test_a_file_begins_with_what_its_records_mean(journal: Journal, folder: Path):
    append(journal, "first")

    found = contents(segment.found(folder)[0])

    assert found.header == HEADER
    assert found.records[0].columns == [[38.0], ["Clerk"]]
    assert found.records[0].scores == [0.5]
    assert found.records[0].requests == [Request("first", 1, 1.0)]


def test_a_torn_record_at_the_tail_is_dropped(journal: Journal, folder: Path):
    append(journal, "whole", "torn")
    (path,) = segment.found(folder)
    content = path.read_bytes()

    found = [record.parse(content[:cut]) for cut in range(len(content))]

    known = [[name for each in one.records for name in ids(each)] for one in found if one]
    assert sorted(set(map(tuple, known))) == [("whole",)]
    assert all(one.damaged == 0 for one in found if one)


def test_a_line_that_is_no_record_is_counted_and_the_others_are_kept():
    good = Record(1, [Request("a", 1, 0.5)], [0.5], [[1.0], ["x"]])
    uneven = Record(1, [Request("b", 1, 0.5)], [0.5, 0.6], [[1.0], ["x"]])
    nobody_s = Record(1, [Request("c", 1, 0.5)], [0.5, 0.6], [[1.0, 2.0], ["x", "y"]])
    lines = [HEADER, uneven, nobody_s, good]

    found = record.parse(b"".join(map(record.line, lines)) + b"\xff{\n")

    assert found == Contents(HEADER, [good], 3)


def test_a_file_that_an_image_of_before_has_left_is_read():
    header, line = b'[1,"income","6",[["age","integer"]]]\n', b'["a",12,0.5,[0.25,null],[[38.0,null]]]\n'

    found = record.parse(header + line + b'["torn",12,0.5,[0.25]')

    assert found is not None
    assert found.header.model_version == "6"
    assert found.records == [Record(12, [Request("a", 2, 0.5)], [0.25, None], [[38.0, None]])]
    assert found.damaged == 0


@pytest.mark.parametrize("head", [b"nonsense\n", record.line(Header(99, "income", "7", ()))])
def test_records_without_a_header_that_is_understood_are_refused(head: bytes):
    with pytest.raises(UnreadableError):
        record.parse(head + record.line(Record(1, [Request("a", 1, 0.5)], [0.5], [])))


@given(st.lists(CELLS, min_size=1, max_size=5), st.text(min_size=1, max_size=64))
def test_what_is_written_is_read_again(cells: list[Any], request_id: str):
    text = request_id.encode("utf-8", "ignore").decode()
    written = Record(1, [Request(text, len(cells), 0.25)], [0.5] * len(cells), [cells, cells])

    found = record.parse(record.line(HEADER) + record.line(written))

    assert found == Contents(HEADER, [written], 0)


@given(st.lists(st.integers(1, 30), max_size=20), st.data())
def test_every_whole_line_before_a_cut_is_read_and_no_other(sizes: Sequence[int], data: st.DataObject):
    records = [Record(at, [Request(f"r{at}", n, 1.0)], [0.5] * n, [[1.0] * n, ["x"] * n]) for at, n in enumerate(sizes)]
    content = b"".join(map(record.line, [HEADER, *records]))
    cut = data.draw(st.integers(0, len(content)))

    found = record.parse(content[:cut])

    whole = content[:cut].count(b"\n") - 1
    read = [name for each in found.records for name in ids(each)] if found else []
    assert read == [f"r{at}" for at in range(max(0, whole))]


def test_a_full_folder_sheds_and_counts_and_takes_records_again_when_there_is_room(folder: Path):
    journal = Journal(folder, HEADER, limit_bytes=300)

    kept = append(journal, *map(str, range(20)))
    journal.roll()
    for path in segment.found(folder):
        path.unlink()
    journal.measure()
    after = append(journal, "later")

    assert kept[0]
    assert not kept[-1]
    assert (journal.counts.logged, journal.counts.shed) == (sum(kept) + 1, 20 - sum(kept))
    assert after == [True]


def test_a_journal_counts_what_earlier_processes_have_left(folder: Path):
    append(Journal(folder, HEADER, LARGE), "earlier")

    assert append(Journal(folder, HEADER, limit_bytes=10), "later") == [False]
    assert Journal(folder, HEADER, LARGE).waiting_bytes == sum(map(segment.size, segment.found(folder)))


def test_a_folder_that_cannot_be_made_sheds(tmp_path: Path):
    (tmp_path / "file").write_text("not a folder")
    journal = Journal(tmp_path / "file" / "log", HEADER, LARGE)

    assert append(journal, "first", "second") == [False, False]
    assert journal.counts.shed == 2


def test_a_disk_that_takes_half_a_record_sheds_it_and_keeps_those_before(
    journal: Journal, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    write = os.write
    append(journal, "whole")
    monkeypatch.setattr(os, "write", lambda file, line: write(file, line[: len(line) // 2]))
    torn = append(journal, "torn")
    monkeypatch.undo()
    monkeypatch.setattr(journals, "RETRY_SECONDS", 0.0)
    journal._resume_at = 0.0
    after = append(journal, "after")

    assert (torn, after) == ([False], [True])
    assert request_ids(folder) == ["whole", "after"]


def test_a_full_disk_is_not_tried_for_every_request(journal: Journal, monkeypatch: pytest.MonkeyPatch):
    tried = []

    def full(file: int, line: bytes) -> int:
        tried.append(line)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    append(journal, *map(str, range(100)))

    assert len(tried) == 1
    assert journal.counts.shed == 100


def test_a_file_that_is_being_written_cannot_be_claimed_and_a_finished_one_can(journal: Journal, folder: Path):
    append(journal, "first")
    (path,) = segment.found(folder)

    with segment.claimed(path) as writing:
        journal.roll()
    with segment.claimed(path) as finished, segment.claimed(path) as second:
        assert finished

    assert writing is None
    assert second is None


def test_a_file_that_was_shipped_before_it_was_locked_is_left_alone(
    journal: Journal, folder: Path, monkeypatch: pytest.MonkeyPatch
):
    append(journal, "first")
    journal.roll()
    (path,) = segment.found(folder)
    monkeypatch.setattr(fcntl, "flock", lambda file, how: path.unlink())  # by another one, since this one opened it

    with segment.claimed(path) as gone:
        assert gone is None


def test_a_file_that_is_gone_is_left_alone(folder: Path):
    with segment.claimed(folder / "0.wal") as gone:
        assert gone is None


def test_two_journals_in_one_folder_share_no_file(folder: Path):
    first, second = Journal(folder, HEADER, LARGE), Journal(folder, HEADER, LARGE)

    append(first, "a")
    append(second, "b")
    append(first, "c")

    assert sorted(request_ids(folder)) == ["a", "b", "c"]
    assert len(segment.found(folder)) == 2


def test_a_journal_that_was_never_used_leaves_nothing(journal: Journal, folder: Path):
    journal.roll()

    assert segment.found(folder) == []


def test_the_header_has_each_field_with_its_kind():
    found = record.header("taxi", "3", request_schema(get("taxi")))

    assert dict(found.fields) == {
        "vendor_id": "integer",
        "pickup_datetime": "time",
        "passenger_count": "integer",
        "pickup_location_id": "integer",
        "dropoff_location_id": "integer",
    }


def test_a_field_with_the_name_of_a_column_of_the_log_is_refused():
    schema = {"required": ["age", "score"], "properties": {}}

    with pytest.raises(LabError, match="Field 'score' of income is a column of the prediction log"):
        record.header("income", "7", schema)
