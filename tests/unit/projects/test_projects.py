import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from mlops_lab import projects
from mlops_lab.errors import LabError
from mlops_lab.projects.project import Project


def test_income_is_found_by_its_name() -> None:
    assert projects.get("income").name == "income"


def test_an_unknown_project_is_refused_with_the_known_names() -> None:
    with pytest.raises(LabError, match=r"PROJECT is 'incme'; use one of .*income"):
        projects.get("incme")


def test_the_module_of_the_types_is_not_a_project() -> None:
    with pytest.raises(LabError):
        projects.get("project")


def test_a_new_file_is_a_new_project(tmp_path: Path) -> None:
    package = Path(projects.__file__).parents[1]
    shutil.copytree(package, tmp_path / "mlops_lab", ignore=shutil.ignore_patterns("__pycache__"))
    income = tmp_path / "mlops_lab" / "projects" / "income.py"
    (income.parent / "wealth.py").write_text(income.read_text().replace('name="income"', 'name="wealth"'))

    code = "from mlops_lab import projects; print(projects.names(), projects.get('wealth').name)"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert "'wealth'" in done.stdout
    assert done.stdout.strip().endswith("wealth")


def test_projects_keep_their_repositories_in_the_order_in_which_they_came() -> None:
    assert [each.name for each in projects.every()][:2] == ["income", "taxi"]
    assert list(projects.repositories().values())[:2] == ["mlops-api-1", "mlops-api-2"]


@pytest.mark.parametrize("name", projects.names())
def test_every_project_is_named_as_its_file(name: str) -> None:
    assert projects.get(name).name == name


def test_a_project_that_excludes_an_unknown_column_is_refused(income: Project) -> None:
    with pytest.raises(ValueError, match="shoe_size"):
        replace(income, excluded={**income.excluded, "shoe_size": "unknown"})


def test_a_project_whose_example_lacks_an_input_is_refused(income: Project) -> None:
    with pytest.raises(ValueError, match="example"):
        replace(income, example={"age": 38})


def test_the_model_of_income_sees_neither_weight_nor_target_nor_protected_attributes(income: Project) -> None:
    inputs = {column.name for column in income.inputs}

    assert inputs.isdisjoint({"fnlwgt", "class", *income.protected})
    assert len(inputs & {"education", "education_num"}) == 1


def test_naming_a_project_does_not_load_scikit_learn() -> None:
    code = "import sys; from mlops_lab import projects; projects.get('income'); print('sklearn' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"
