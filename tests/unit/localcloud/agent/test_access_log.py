from pathlib import Path

import pytest

from mlops_lab.localcloud.agent.access_log import AccessLog, Position


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access.log"


def test_lines_are_read_once(path: Path):
    path.write_bytes(b"one\ntwo\n")
    lines, position = AccessLog(path).read(Position())
    path.open("ab").write(b"three\n")

    more, _ = AccessLog(path).read(position)

    assert (lines, more) == ([b"one", b"two"], [b"three"])


def test_a_line_that_is_being_written_is_left_for_the_next_time(path: Path):
    path.write_bytes(b"one\ntw")
    _, position = AccessLog(path).read(Position())
    path.open("ab").write(b"o\n")

    assert AccessLog(path).read(position)[0] == [b"two"]


def test_a_log_that_was_rolled_is_read_to_its_end_and_then_the_newer_ones(path: Path):
    path.write_bytes(b"one\n")
    _, position = AccessLog(path).read(Position())
    path.open("ab").write(b"two\n")
    path.rename(path.with_name("access-2026-11-23T07-00-00.000.log"))
    path.write_bytes(b"three\n")
    path.rename(path.with_name("access-2026-11-23T07-01-00.000.log"))
    path.write_bytes(b"four\n")

    lines, position = AccessLog(path).read(position)

    assert lines == [b"two", b"three", b"four"]
    assert AccessLog(path).read(position) == ([], position)


def test_where_the_file_of_the_position_is_gone_the_oldest_that_is_left_comes_first(path: Path):
    path.with_name("access-2026-11-23T07-00-00.000.log").write_bytes(b"old\n")
    path.write_bytes(b"new\n")

    lines, _ = AccessLog(path).read(Position(inode=1, offset=100))

    assert lines == [b"old", b"new"]


def test_a_file_that_is_shorter_than_the_position_is_another_one(path: Path):
    path.write_bytes(b"one\n")

    lines, _ = AccessLog(path).read(Position(path.stat().st_ino, offset=100))

    assert lines == [b"one"]


def test_no_log_yet_is_no_line(path: Path):
    assert AccessLog(path).read(Position(3, 7)) == ([], Position(3, 7))


def test_another_log_s_files_are_not_this_one_s(path: Path):
    path.with_name("access2-old.log").write_bytes(b"other\n")
    path.write_bytes(b"own\n")

    assert AccessLog(path).read(Position())[0] == [b"own"]
