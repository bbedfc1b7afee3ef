import subprocess
from pathlib import Path

import pytest

from mlops_lab.registry.commit import UNKNOWN, current_commit


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one committed file."""
    (tmp_path / "file").write_text("first")
    author = ["-c", "user.name=A", "-c", "user.email=a@b.c"]
    for command in (["init", "-q"], ["add", "file"], [*author, "commit", "-qm", "first"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    return tmp_path


def test_a_clean_checkout_has_the_hash_of_its_commit(checkout: Path) -> None:
    commit = current_commit(checkout)

    assert len(commit) == 40
    assert int(commit, 16)


def test_a_changed_file_makes_it_dirty(checkout: Path) -> None:
    clean = current_commit(checkout)
    (checkout / "file").write_text("second")

    assert current_commit(checkout) == f"{clean}-dirty"


def test_outside_of_a_checkout_it_is_unknown(tmp_path: Path) -> None:
    assert current_commit(tmp_path / "nowhere") == UNKNOWN
