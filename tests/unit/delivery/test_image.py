from pathlib import Path

import pytest

from mlops_lab.delivery import image
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings


def quiet(text: str) -> None:
    """Say nothing."""


def test_an_unknown_project_names_those_there_are(tmp_path: Path):
    with pytest.raises(LabError, match=r"Image 'nothing' is not known; use one of income, taxi,.* jobs\."):
        image.build("nothing", Settings(root=tmp_path, driver="process"), quiet)


def test_aws_does_not_take_the_process_form(tmp_path: Path):
    settings = Settings(root=tmp_path, driver="process", target="aws")

    with pytest.raises(LabError, match="AWS runs containers only"):
        image.build("income", settings, quiet)


def test_the_process_form_says_that_it_is_no_container(tmp_path: Path):
    said: list[str] = []

    with pytest.raises(LabError, match="is no checkout of the lab"):
        image.build("income", Settings(root=tmp_path, driver="process"), said.append)

    assert said == ["LAB_DRIVER is process: packaging to run as a process, no container"]
