"""Large values as files."""

from pathlib import Path

import pytest

from mlops_lab.errors import LabError
from mlops_lab.localcloud.plane.blobs import Blobs


def test_a_value_is_found_by_its_digest(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)

    digest = blobs.put(b"value")

    assert blobs.get(digest) == b"value"


def test_equal_values_are_kept_once(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)

    blobs.put(b"value")
    blobs.put(b"value")

    assert len(list(tmp_path.iterdir())) == 1


def test_a_damaged_value_is_refused(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    digest = blobs.put(b"value")
    blobs.path(digest).write_bytes(b"other")

    with pytest.raises(LabError, match=f"{digest} is damaged"):
        blobs.get(digest)


def test_a_missing_value_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="is missing"):
        Blobs(tmp_path).get("0" * 64)


def test_only_what_is_referred_to_is_kept(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    kept, gone = blobs.put(b"kept"), blobs.put(b"gone")
    (tmp_path / "half-written.part").write_bytes(b"hal")

    blobs.keep_only({kept})

    assert [path.name for path in tmp_path.iterdir()] == [kept]
    assert gone != kept


def test_only_the_owner_can_read_a_value(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)

    digest = blobs.put(b"secret")

    assert blobs.path(digest).stat().st_mode & 0o077 == 0
