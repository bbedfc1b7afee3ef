import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlops_lab.delivery.assembly import alone, assembling


def test_a_folder_appears_only_when_it_is_complete(tmp_path: Path):
    final = tmp_path / "a" / "final"

    with assembling(final) as new:
        (new / "file").write_text("content")
        assert not final.exists()

    assert (final / "file").read_text() == "content"
    assert [path.name for path in final.parent.iterdir()] == ["final"]


def test_a_failed_assembly_leaves_nothing(tmp_path: Path):
    def interrupted() -> None:
        with assembling(tmp_path / "final") as new:
            (new / "file").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_is_not_taken_over(tmp_path: Path):
    (tmp_path / "final.new").mkdir()
    (tmp_path / "final.new" / "old").write_text("half")

    with assembling(tmp_path / "final") as new:
        (new / "file").write_text("content")

    assert [path.name for path in (tmp_path / "final").iterdir()] == ["file"]


def test_an_incomplete_folder_of_that_name_is_replaced(tmp_path: Path):
    (tmp_path / "final").mkdir()
    (tmp_path / "final" / "old").write_text("old")

    with assembling(tmp_path / "final") as new:
        (new / "file").write_text("content")

    assert [path.name for path in (tmp_path / "final").iterdir()] == ["file"]


def test_one_at_a_time_assembles(tmp_path: Path):
    def assemble(number: int) -> bool:
        with alone(tmp_path):
            if (tmp_path / "final").exists():
                return False
            with assembling(tmp_path / "final") as new:
                time.sleep(0.02)  # long enough for the others to come
                (new / "number").write_text(str(number))
            return True

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(assemble, range(8)))

    assert done.count(True) == 1
