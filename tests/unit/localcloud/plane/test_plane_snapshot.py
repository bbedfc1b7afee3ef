"""The snapshot file."""

import pytest

from mlops_lab.errors import LabError
from mlops_lab.localcloud.plane.snapshot import Snapshot

SNAPSHOT = Snapshot(b"state\n\0", "5.2.5", frozenset({"a", "b"}))


def test_a_snapshot_survives_being_written() -> None:
    assert Snapshot.decode(SNAPSHOT.encode(), "5.2.5") == SNAPSHOT


def test_another_moto_is_told_which_one_to_install() -> None:
    with pytest.raises(LabError, match=r"moto 5\.2\.5 and this is moto 6\.0\.0; install moto==5\.2\.5.*make reset"):
        Snapshot.decode(SNAPSHOT.encode(), "6.0.0")


@pytest.mark.parametrize("cut", [10, -1])
def test_a_damaged_snapshot_is_refused(cut: int) -> None:
    with pytest.raises(LabError, match="damaged"):
        Snapshot.decode(SNAPSHOT.encode()[:cut], "5.2.5")
