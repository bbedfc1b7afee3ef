from pathlib import Path

import pytest

from mlops_lab.newproject.files import Files
from mlops_lab.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A checkout that has the folders of a project's files and nothing in them."""
    for path in Files("name").all:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
    return Settings(root=tmp_path)
