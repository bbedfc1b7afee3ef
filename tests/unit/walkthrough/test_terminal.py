from pathlib import Path

import pytest

from mlops_lab.errors import LabError
from mlops_lab.walkthrough.scene import Scene
from mlops_lab.walkthrough.terminal import COLUMNS, HERE, LINES, Recording, record, run


def scene(command: str, *accepted: int) -> Scene:
    return Scene("it", "It", 5, ("said",), command=command, accepted=accepted or (0,))


def written(found: Recording) -> bytes:
    return b"".join(piece for _, piece in found.pieces)


def test_a_command_sees_a_terminal_of_the_film_s_size(tmp_path: Path) -> None:
    found = run("test -t 1 && stty size", tmp_path, limit=20)

    assert found.code == 0
    assert written(found).split() == [str(LINES).encode(), str(COLUMNS).encode()]


def test_pieces_keep_their_order_and_their_time(tmp_path: Path) -> None:
    found = run("echo one; sleep 0.3; echo two", tmp_path, limit=20)

    moments = [moment for moment, _ in found.pieces]
    assert moments == sorted(moments)
    assert written(found).split() == [b"one", b"two"]
    assert found.seconds >= moments[-1]


def test_the_checkout_s_own_path_is_not_shown(tmp_path: Path) -> None:
    assert written(run("pwd", tmp_path, limit=20)).strip() == HERE.encode()


def test_a_make_that_calls_does_not_change_how_a_command_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEFLAGS", "n")
    monkeypatch.setenv("REHEARSE", "1")

    assert written(run("echo [$MAKEFLAGS$REHEARSE]", tmp_path, limit=20)).strip() == b"[]"


def test_a_command_that_fails_is_named_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"Scene 'it': `echo no disk; exit 3` ended with 3 .* no disk"):
        record(scene("echo no disk; exit 3"), tmp_path)


def test_a_failure_that_belongs_to_the_scene_is_filmed(tmp_path: Path) -> None:
    assert record(scene("exit 2", 2), tmp_path).code == 2


def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="took over 1 s"):
        run("echo begun; sleep 60", tmp_path, limit=1)


def test_what_a_command_leaves_running_does_not_keep_the_film_waiting(tmp_path: Path) -> None:
    try:
        found = run("(until test -e stop; do sleep 0.1; done) & echo started", tmp_path, limit=60)
    finally:
        (tmp_path / "stop").touch()

    assert found.code == 0
    assert written(found).split() == [b"started"]
