"""Drawings of the documents: in step with their sources, and compared by what they show, not by ids."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlops_lab.errors import LabError
from mlops_lab.reporting import drawings
from mlops_lab.reporting.site.architecture_record import reduced
from mlops_lab.reporting.site.records import Kept, write

State = Callable[[str], dict[str, Any]]


@pytest.fixture
def reports(tmp_path: Path, state: State) -> Path:
    write(Kept(tmp_path).architecture, reduced(state("public-tasks")))
    return tmp_path


def test_drawings_that_were_written_are_in_step_and_a_changed_one_is_not(reports: Path):
    assert drawings.write(reports)
    (reports / "diagrams" / "loop.svg").write_text("<svg/>")

    assert drawings.out_of_step(reports) == ["loop.svg"]
    assert drawings.write(reports)
    assert not drawings.write(reports)


def test_without_a_record_one_is_told_what_records(tmp_path: Path):
    with pytest.raises(LabError, match="make record"):
        drawings.write(tmp_path)


def test_another_lab_of_the_same_configuration_has_the_same_shape(state: State):
    show = state("public-tasks")
    subnets = [
        each["values"]["id"] for each in show["values"]["root_module"]["resources"] if each["type"] == "aws_subnet"
    ]
    text = json.dumps(show)
    for number, each in enumerate(subnets):
        text = text.replace(each, f"subnet-of-another-lab-{number}")

    assert subnets
    assert drawings.shape(json.loads(text)) == drawings.shape(show)


def test_another_layout_has_another_shape(state: State):
    assert drawings.shape(state("nat")) != drawings.shape(state("public-tasks"))


def test_what_is_reduced_draws_the_same_and_holds_no_value_of_a_parameter(state: State):
    show = state("public-tasks")
    parameter = next(each for each in show["values"]["root_module"]["resources"] if each["type"] == "aws_ssm_parameter")
    parameter["values"]["value"] = "a secret"

    small = reduced(show)

    assert drawings.shape(small) == drawings.shape(show)
    assert "a secret" not in json.dumps(small)
