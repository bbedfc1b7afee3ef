import json
import subprocess
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import psutil
import pytest

from mlops_lab.delivery import workflow_run
from mlops_lab.delivery.act_log import ActLog
from mlops_lab.delivery.workflow_file import Workflow
from mlops_lab.delivery.workflow_run import WorkflowRun, command, run_workflow, variables
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

USES = "actions/checkout@0123"
WORKFLOW = Workflow("train", Path(".github/workflows/train.yml"), {}, (), (USES,))
FILE = """
on: {workflow_dispatch: {inputs: {project: {type: choice, options: [income]}}}}
env: {PROJECT: "${{ inputs.project }}"}
jobs:
  retrain:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@0123
      - run: cat told
      - run: 'echo "$PROJECT on $TARGET at $LAB_CLOUD_PORT, $SECRET" >> "$GITHUB_STEP_SUMMARY"'
      - run: exit ${CODE:-0}
"""
CHECKOUT = """
name: checkout
description: stand-in
runs:
  using: composite
  steps:
    - shell: bash
      run: git clone --quiet "$CHECKOUT_ROOT" . && git checkout --quiet "$GITHUB_SHA"
"""


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def git(root: Path, *arguments: str) -> str:
    author = ("-c", "user.name=test", "-c", "user.email=test@example.invalid")
    return subprocess.run(["git", *author, *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A repository of one commit with a workflow and its stand-in."""
    root = tmp_path / "checkout"
    for name, text in {
        ".github/workflows/train.yml": FILE,
        ".github/stand-ins/actions/checkout/action.yml": CHECKOUT,
        "told": "as committed\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    git(root, "init", "--quiet")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "one")
    return Settings(root=root, state=tmp_path / "state", cloud_port=4999)


def test_the_committed_file_runs_with_its_inputs_against_the_running_lab(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SECRET", "of the caller")
    (settings.root / "told").write_text("not committed\n")
    said: list[str] = []

    run = run_workflow(settings, "train", {"project": "income"}, said.append)

    assert run.code == 0, said
    assert run.summary.strip() == "income on local at 4999,"
    assert run.commit == git(settings.root, "rev-parse", "HEAD").strip()
    assert "  as committed" in said
    assert "Not part of this run, since not committed: 1 changed files" in said
    assert "as committed" in (run.folder / "log").read_text()
    assert json.loads((run.folder / "run.json").read_text())["inputs"] == {"project": "income"}


def test_a_step_that_fails_is_named_with_the_log(settings: Settings):
    path = settings.root / ".github/workflows/train.yml"
    path.write_text(path.read_text().replace("${CODE:-0}", "3"))
    git(settings.root, "commit", "--all", "--quiet", "--message", "failing")

    run = run_workflow(settings, "train", {}, lambda line: None)

    assert run.code != 0
    with pytest.raises(LabError, match=r"Workflow train failed in step 'exit 3' .*log"):
        run.require_success()


def test_an_interrupted_run_ends_the_step_that_runs(settings: Settings, tmp_path: Path):
    path, pid = settings.root / ".github/workflows/train.yml", tmp_path / "pid"
    path.write_text(path.read_text().replace("run: cat told", f"run: echo $$ > {pid}; echo begun; exec sleep 300"))
    git(settings.root, "commit", "--all", "--quiet", "--message", "slow")

    def interrupt(line: str) -> None:
        if line == "  begun":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_workflow(settings, "train", {}, interrupt)

    until(lambda: not psutil.pid_exists(int(pid.read_text())))


def test_an_unknown_commit_starts_nothing(settings: Settings):
    with pytest.raises(LabError, match="git rev-parse failed"):
        run_workflow(settings, "train", {}, lambda line: None, commit="nowhere")

    assert not settings.state_dir.exists()


def test_an_input_that_is_refused_starts_nothing(settings: Settings):
    with pytest.raises(LabError, match="Input project is 'incom'; use one of income"):
        run_workflow(settings, "train", {"project": "incom"}, lambda line: None)

    assert not settings.state_dir.exists()


def test_without_act_one_is_told_what_installs_it(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workflow_run.shutil, "which", lambda name, path=None: None)

    with pytest.raises(LabError, match=r"act is not installed.*make setup"):
        run_workflow(settings, "train", {}, lambda line: None)


def test_an_action_without_a_stand_in_is_named(tmp_path: Path):
    with pytest.raises(LabError, match=r"Action actions/checkout@0123 has no stand-in; write \.github/stand-ins"):
        command(Path("act"), WORKFLOW, tmp_path, {}, {})


def test_the_command_names_platform_inputs_variables_and_stand_ins(settings: Settings):
    words = command(Path("act"), WORKFLOW, settings.root, {"seed": "2"}, {"TARGET": "local", "LAB_CLOUD_PORT": "1"})

    pairs = set(pairwise(words))
    folder = settings.root / ".github/stand-ins/actions/checkout"
    assert {
        ("--platform", "ubuntu-latest=-self-hosted"),
        ("--input", "seed=2"),
        ("--var", "TARGET=local"),
        ("--env", "LAB_CLOUD_PORT=1"),
        ("--local-repository", f"{USES}={folder}"),
    } <= pairs


def test_a_step_is_told_the_lab_s_state_and_not_its_checkout_as_root(settings: Settings, tmp_path: Path):
    told = variables(settings, tmp_path / "17")

    assert told["LAB_STATE"] == str(settings.state_dir)
    assert told["GITHUB_RUN_ID"] == "17"
    assert "LAB_ROOT" not in told


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({"msg": "trained\n", "raw_output": True, "stage": "Main", "step": "make retrain"}, "  trained"),
        ({"msg": "\x1b[2m1.0 s\x1b[0m done\r\n", "raw_output": True}, "  1.0 s done"),
        ({"msg": "⭐ Run Main make retrain", "stage": "Main", "step": "make retrain", "jobID": "t"}, "t: make retrain"),
        ({"msg": "⭐ Run Post x", "stage": "Post", "step": "x"}, None),
        ({"msg": "LocalRepositoryCache matched x", "stage": "Pre", "step": "x"}, None),
        ({"msg": "no such file", "level": "error"}, "  no such file"),
    ],
)
def test_a_person_is_told_what_steps_say_and_when_they_begin(event: dict[str, object], told: str | None):
    assert ActLog().read(json.dumps(event)) == told


def test_what_is_no_json_is_told_as_it_is():
    assert ActLog().read("panic: what\n") == "panic: what"


def test_a_run_that_succeeded_is_no_error(tmp_path: Path):
    WorkflowRun("1", "train", "c", {}, 0, None, "", tmp_path).require_success()
