from pathlib import Path

import pytest

from mlops_lab.errors import LabError
from mlops_lab.reporting.parameters import assigned, check, parameters

DEFAULTS = {"tasks": "1", "limit": "60.0", "layout": "'nat'", "always_free": "False", "region": "None"}


@pytest.mark.parametrize(
    "values", [{}, {"tasks": 3}, {"limit": 50}, {"limit": 50.5, "layout": "x"}, {"always_free": True}, {"region": "x"}]
)
def test_a_value_of_the_literals_type_is_taken(values: dict[str, object]) -> None:
    check(values, DEFAULTS, "week1.ipynb")


@pytest.mark.parametrize(
    ("name", "value"),
    [("tasks", "3"), ("tasks", 1.5), ("tasks", True), ("layout", 1), ("always_free", 1), ("limit", "5")],
)
def test_a_value_of_another_type_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(LabError, match=f"{name} is {value!r}, week1.ipynb takes a value of type"):
        check({name: value}, DEFAULTS, "week1.ipynb")


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    with pytest.raises(LabError, match=r"task is not a parameter of week1\.ipynb; it has tasks, limit, layout"):
        check({"task": 1}, DEFAULTS, "week1.ipynb")


def test_the_caller_wins_over_the_file(notebook: Path, tmp_path: Path) -> None:
    file = tmp_path / "week9.yaml"
    file.write_text("tasks: 2\nlimit: 9.5\n")

    merged = parameters(notebook, file, {"tasks": 3})

    assert merged == {"tasks": 3, "limit": 9.5}


def test_no_file_is_no_parameters(notebook: Path, tmp_path: Path) -> None:
    assert parameters(notebook, tmp_path / "none.yaml") == {}


@pytest.mark.parametrize(("text", "reason"), [("- tasks\n", "holds a list"), ("tasks: [\n", "is not YAML")])
def test_a_file_that_is_no_mapping_is_refused_by_name(notebook: Path, tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "week9.yaml"
    file.write_text(text)

    with pytest.raises(LabError, match=rf"week9\.yaml {reason}"):
        parameters(notebook, file)


def test_parameters_on_a_command_line_are_written_as_in_a_file() -> None:
    texts = [
        "tasks=3",
        "limit=9.5",
        "layout=nat",
        "free=true",
        "months=2020-01",
        "day=2020-01-01",
        "why=a=b: c",
        "empty=",
    ]

    assert assigned(texts) == {
        "tasks": 3,
        "limit": 9.5,
        "layout": "nat",
        "free": True,
        "months": "2020-01",
        "day": "2020-01-01",
        "why": "a=b: c",
        "empty": None,
    }


@pytest.mark.parametrize("text", ["tasks", "=3", "two words=3", "", "3=tasks"])
def test_what_is_no_parameter_is_quoted(text: str) -> None:
    with pytest.raises(LabError, match=f"{text!r} is no parameter; write name=value"):
        assigned([text])


def test_a_parameter_given_twice_is_refused() -> None:
    with pytest.raises(LabError, match=r"tasks is given twice, at last as '4'"):
        assigned(["tasks=3", "tasks=4"])
