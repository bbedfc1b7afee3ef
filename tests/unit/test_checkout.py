from pathlib import Path

import pytest

from mlops_lab.settings import read_settings


def test_a_folder_of_the_checkout_belongs_to_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "infra").mkdir()
    (tmp_path / "notebooks").mkdir()

    monkeypatch.chdir(tmp_path / "notebooks")

    assert read_settings().root == tmp_path


def test_outside_a_checkout_the_root_is_where_one_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert read_settings().root == tmp_path
