"""Records of the journal: whole or not there."""

from pathlib import Path

import pytest

from mlops_lab.errors import LabError
from mlops_lab.localcloud.plane.journal import Journal, frame, read_records

PAYLOADS = [b"first", b"", b"third " * 20]


def payloads(path: Path) -> list[bytes]:
    return [record.payload for record in read_records(path)]


def test_what_is_appended_is_read_back_in_order(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")

    for payload in PAYLOADS:
        journal.append(payload)

    assert payloads(tmp_path / "journal") == PAYLOADS


def test_a_file_cut_at_any_byte_yields_the_records_that_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    content = b"".join(map(frame, PAYLOADS))
    ends = [len(b"".join(map(frame, PAYLOADS[: count + 1]))) for count in range(len(PAYLOADS))]

    for cut in range(len(content) + 1):
        path.write_bytes(content[:cut])

        assert payloads(path) == PAYLOADS[: sum(end <= cut for end in ends)], f"cut at {cut}"


def test_a_torn_record_at_the_tail_is_overwritten_by_the_next(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    whole = frame(b"whole")
    path.write_bytes(whole + frame(b"torn, and longer than the next")[:-1])

    journal = Journal(path, len(whole))
    journal.append(b"next")

    assert payloads(path) == [b"whole", b"next"]


def test_a_flipped_byte_anywhere_before_the_last_record_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "journal"
    content = b"".join(map(frame, PAYLOADS))
    last = len(content) - len(frame(PAYLOADS[-1]))

    for position in range(last):
        path.write_bytes(content[:position] + bytes([content[position] ^ 0xFF]) + content[position + 1 :])

        with pytest.raises(LabError, match=r"damaged at byte \d+.*make reset"):
            payloads(path)


def test_an_append_that_fails_leaves_no_part_of_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "journal"
    journal = Journal(path)
    journal.append(b"kept")
    with monkeypatch.context() as full:
        full.setattr("os.pwrite", FullDisk(path).pwrite)

        with pytest.raises(OSError, match="No space"):
            journal.append(b"does not fit" * 10)

    journal.append(b"fits")

    assert payloads(path) == [b"kept", b"fits"]


class FullDisk:
    """Writes some bytes, more than the next record has, then has no space."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.space = 60

    def pwrite(self, descriptor: int, content: memoryview, offset: int) -> int:
        if not self.space:
            raise OSError(28, "No space left on device")
        written, self.space = self.space, 0
        with self.path.open("r+b") as file:
            file.seek(offset)
            file.write(content[:written])
        return written
