"""Generations of state on disk, killed at each step."""

import shutil
from pathlib import Path

import pytest

from mlops_lab.errors import LabError
from mlops_lab.localcloud.plane.store import Store


def opened(folder: Path) -> Store:
    store = Store(folder)
    list(store.recover())
    return store


def state_after_kill(folder: Path, copy: Path) -> tuple[bytes | None, list[bytes]]:
    """Read what a process that was killed now would have left."""
    shutil.copytree(folder, copy)
    store = Store(copy)
    try:
        return store.snapshot(), list(store.recover())
    finally:
        store.close()


def test_nothing_is_restored_from_an_empty_folder(tmp_path: Path) -> None:
    store = Store(tmp_path / "state")

    assert store.snapshot() is None
    assert list(store.recover()) == []


def test_what_was_appended_is_recovered_after_a_kill(tmp_path: Path) -> None:
    store = opened(tmp_path / "state")

    store.append(b"one")
    store.append(b"two")

    assert state_after_kill(tmp_path / "state", tmp_path / "copy") == (None, [b"one", b"two"])


def test_a_kill_after_a_generation_began_leaves_both_journals(tmp_path: Path) -> None:
    store = opened(tmp_path / "state")
    store.append(b"one")

    store.begin()
    store.append(b"two")

    assert state_after_kill(tmp_path / "state", tmp_path / "copy") == (None, [b"one", b"two"])


def test_a_kill_while_the_snapshot_is_written_leaves_the_journals(tmp_path: Path) -> None:
    store = opened(tmp_path / "state")
    store.append(b"one")
    generation = store.begin()

    (tmp_path / "state" / f"snapshot.{generation}.part").write_bytes(b"sn")

    assert state_after_kill(tmp_path / "state", tmp_path / "copy") == (None, [b"one"])
    assert not list((tmp_path / "copy").glob("*.part"))


def test_a_snapshot_replaces_the_journals_before_it(tmp_path: Path) -> None:
    store = opened(tmp_path / "state")
    store.append(b"one")
    generation = store.begin()
    store.append(b"two")

    store.commit(generation, b"snapshot of one")

    assert state_after_kill(tmp_path / "state", tmp_path / "copy") == (b"snapshot of one", [b"two"])
    assert sorted(path.name for path in (tmp_path / "state").iterdir()) == ["journal.1", "lock", "snapshot.1"]


@pytest.mark.parametrize("removed", [[], ["snapshot.1"], ["snapshot.1", "journal.1"]])
def test_a_kill_while_old_generations_are_removed_changes_nothing(tmp_path: Path, removed: list[str]) -> None:
    folder = tmp_path / "state"
    store = opened(folder)
    store.commit(store.begin(), b"old")
    store.append(b"one")
    old = {name: (folder / name).read_bytes() for name in ("snapshot.1", "journal.1")}
    store.commit(store.begin(), b"new")

    for name in set(old) - set(removed):
        (folder / name).write_bytes(old[name])

    assert state_after_kill(folder, tmp_path / "copy") == (b"new", [])


def test_a_store_goes_on_after_recovering(tmp_path: Path) -> None:
    first = opened(tmp_path / "state")
    first.commit(first.begin(), b"snapshot")
    first.append(b"one")
    first.close()

    second = opened(tmp_path / "state")
    second.append(b"two")

    assert state_after_kill(tmp_path / "state", tmp_path / "copy") == (b"snapshot", [b"one", b"two"])


def test_a_missing_journal_is_an_error(tmp_path: Path) -> None:
    store = opened(tmp_path / "state")
    store.append(b"one")
    store.begin()
    store.append(b"two")
    (tmp_path / "state" / "journal.0").unlink()

    with pytest.raises(LabError, match="a journal is missing"):
        state_after_kill(tmp_path / "state", tmp_path / "copy")


def test_an_earlier_journal_that_is_cut_off_is_an_error(tmp_path: Path) -> None:
    store = opened(tmp_path / "state")
    store.append(b"one")
    store.begin()
    journal = tmp_path / "state" / "journal.0"
    journal.write_bytes(journal.read_bytes()[:-1])

    with pytest.raises(LabError, match=r"journal\.0 is cut off"):
        state_after_kill(tmp_path / "state", tmp_path / "copy")


def test_a_folder_has_one_holder(tmp_path: Path) -> None:
    opened(tmp_path / "state")

    with pytest.raises(LabError, match="in use by another control plane"):
        Store(tmp_path / "state")


def test_the_pending_journal_is_counted(tmp_path: Path) -> None:
    store = opened(tmp_path / "state")
    store.append(b"12345")
    counted = (store.pending_records, store.pending_bytes)

    store.begin()

    assert counted == (1, 5)
    assert (store.pending_records, store.pending_bytes) == (0, 0)
