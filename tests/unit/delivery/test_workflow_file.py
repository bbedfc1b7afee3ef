from pathlib import Path

import pytest

from mlops_lab.delivery import workflow_file
from mlops_lab.errors import LabError

ROOT = Path(__file__).parents[3]
WORKFLOW = """
name: bake
on:
  schedule: [{cron: "0 3 * * MON"}]
  workflow_dispatch:
    inputs:
      cake: {type: choice, options: [plain, rich], required: true}
      eggs: {type: number, default: 3, required: true}
      note: {}
jobs:
  bake: {runs-on: ubuntu-latest, steps: [{uses: "a/oven@1"}, {run: make cake}, {uses: "a/oven@1"}]}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / workflow_file.FOLDER
    folder.mkdir(parents=True)
    (folder / "bake.yml").write_text(WORKFLOW)
    (folder / "ci.yml").write_text("on: {push: {}}\njobs: {}\n")
    return tmp_path


def test_a_workflow_tells_its_inputs_schedule_and_actions(root: Path):
    bake = workflow_file.find(root, "bake")

    assert bake.schedule == ("0 3 * * MON",)
    assert bake.actions == ("a/oven@1",)
    assert {each.name: each.is_needed for each in (bake.inputs or {}).values()} == {
        "cake": True,
        "eggs": False,
        "note": False,
    }


@pytest.mark.parametrize("name", ["fry", "ci"])
def test_a_name_that_takes_no_dispatch_is_answered_with_those_that_do(root: Path, name: str):
    with pytest.raises(LabError, match=f"NAME is '{name}'; use one of bake"):
        workflow_file.find(root, name)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"cake": "rich", "size": "9"}, r"has no input 'size'; it takes cake, eggs, note"),
        ({"cake": "burnt"}, r"Input cake is 'burnt'; use one of plain, rich"),
        ({"cake": "rich", "eggs": "two"}, r"Input eggs is 'two'; use a whole number"),
        ({"eggs": "2"}, r"needs the input cake"),
    ],
)
def test_an_input_that_github_would_not_take_is_refused(root: Path, given: dict[str, str], message: str):
    with pytest.raises(LabError, match=message):
        workflow_file.find(root, "bake").refuse_other(given)


def test_what_github_would_take_is_taken(root: Path):
    workflow_file.find(root, "bake").refuse_other({"cake": "plain", "eggs": "2", "note": "with care"})


def test_a_file_that_is_no_yaml_is_one_line(root: Path):
    (root / workflow_file.FOLDER / "bake.yml").write_text("on: [")

    with pytest.raises(LabError, match=r"bake\.yml cannot be read"):
        workflow_file.find(root, "bake")


def test_the_lab_s_own_workflows_pin_every_action_to_a_commit_and_have_a_stand_in_for_it():
    dispatched = [each for each in workflow_file.workflows(ROOT) if each.inputs is not None]

    assert {each.name for each in dispatched} == {"deploy", "reports", "train"}
    for uses in (uses for each in workflow_file.workflows(ROOT) for uses in each.actions):
        assert len(uses.partition("@")[2]) == 40, uses
    for uses in (uses for each in dispatched for uses in each.actions):
        assert (ROOT / ".github/stand-ins" / uses.partition("@")[0] / "action.yml").is_file(), uses


def test_the_workflows_offer_the_weeks_that_have_a_notebook():
    offered = {each.name: each.inputs or {} for each in workflow_file.workflows(ROOT)}

    weeks = {path.stem.partition("_")[0].removeprefix("week") for path in (ROOT / "notebooks").glob("week*.ipynb")}
    assert set(offered["reports"]["week"].options) >= weeks


def test_the_workflows_take_any_project_so_that_a_new_one_edits_none_of_them():
    offered = {each.name: each.inputs or {} for each in workflow_file.workflows(ROOT)}

    assert {offered[name]["project"].kind for name in ("train", "deploy")} == {"string"}
