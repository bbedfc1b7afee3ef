from pathlib import Path

import pytest

from mlops_lab.walkthrough.scene import Scene
from mlops_lab.walkthrough.take import Still, Takes


def scene(caption: str) -> Scene:
    return Scene("it", "It", 5, (caption,), card=("It",))


def test_a_take_is_found_until_its_scene_changes(tmp_path: Path) -> None:
    takes = Takes(tmp_path)

    kept = takes.keep(scene("one"), [Still(b"png", 2.0), Still(b"another", 3.0)], "abc")

    found = takes.find(scene("one"))
    assert found is not None
    assert found.commit == "abc"
    assert [takes.picture(found, name).read_bytes() for name, _ in found.stills] == [b"png", b"another"]
    assert [seconds for _, seconds in kept.stills] == [2.0, 3.0]
    assert takes.find(scene("two")) is None


def test_a_take_that_breaks_off_leaves_the_one_before(tmp_path: Path) -> None:
    takes = Takes(tmp_path)
    takes.keep(scene("one"), [Still(b"png", 5.0)], "abc")

    def broken():  # type: ignore[no-untyped-def]
        yield Still(b"new", 1.0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        takes.keep(scene("one"), broken(), "def")

    found = takes.find(scene("one"))
    assert found is not None
    assert found.commit == "abc"
