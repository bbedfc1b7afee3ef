from collections.abc import Mapping
from pathlib import Path

import pytest

from mlops_lab.delivery import closed_loop
from mlops_lab.delivery.closed_loop import close_loop
from mlops_lab.delivery.workflow_run import WorkflowRun
from mlops_lab.errors import LabError
from mlops_lab.progress import Say
from mlops_lab.registry.history import TrainingRun
from mlops_lab.registry.tracking import Version
from mlops_lab.settings import Settings

PUBLISHED = Version("2", "r2", "s3://b/models/income/2/", "hash", ())
PASSED = TrainingRun("r2", "FINISHED", {"gate": "passed"}, {}, {}, PUBLISHED)
REFUSED = TrainingRun("r3", "FINISHED", {"gate": "refused"}, {}, {}, None)
SETTINGS = Settings(root=Path("/nowhere"))


class Dispatches:
    """Workflow runs by name: notes what was dispatched and ends each with its code."""

    def __init__(self, **codes: int):
        self.codes = codes
        self.asked: list[tuple[str, Mapping[str, str]]] = []

    def __call__(self, settings: Settings, name: str, inputs: Mapping[str, str], say: Say) -> WorkflowRun:
        self.asked.append((name, inputs))
        return WorkflowRun("77", name, "c", inputs, self.codes.get(name, 0), "a step", "", Path("/runs/77"))


class HeldRegistry:
    """The champion is version 1."""

    def __init__(self, settings: Settings, project: str):
        pass

    def aliased(self, alias: str) -> Version:
        return Version("1", "r1", "s3://b/models/income/1/", "hash", (alias,))


def hold(monkeypatch: pytest.MonkeyPatch, made: list[TrainingRun], live: str) -> None:
    """MLflow has one older run of the workflow; this workflow run made `made`; the API serves the run `live`."""

    def runs(settings: Settings, project: str, **tags: str) -> list[TrainingRun]:
        return made if "workflow_run" in tags else [*made, PASSED]

    monkeypatch.setattr(closed_loop, "runs", runs)
    monkeypatch.setattr(closed_loop, "Registry", HeldRegistry)
    monkeypatch.setattr(closed_loop, "caller", lambda settings: "arn:tester")
    monkeypatch.setattr(closed_loop, "promote", lambda registry, version, who, why: f"{version} by {who}: {why}")
    monkeypatch.setattr(closed_loop.api, "metadata", lambda settings, project: {"run_id": live})


def test_what_train_published_is_deployed_and_then_the_champion(monkeypatch: pytest.MonkeyPatch):
    hold(monkeypatch, [PASSED], live="r1")
    dispatches, said = Dispatches(), []

    assert close_loop(SETTINGS, "income", said.append, dispatches) == "2"

    assert [name for name, _ in dispatches.asked] == ["train", "deploy"]
    assert dispatches.asked[1][1] == {"project": "income", "version": "2"}
    assert said == ["2 by arn:tester: deployed by workflow run 77"]


def test_a_refused_model_leaves_the_loop_that_is_closed(monkeypatch: pytest.MonkeyPatch):
    hold(monkeypatch, [REFUSED], live="r2")
    dispatches, said = Dispatches(train=1), []

    assert close_loop(SETTINGS, "income", said.append, dispatches) is None

    assert [name for name, _ in dispatches.asked] == ["train"]
    assert "the gate refused the model of run r3: the champion stays" in said


def test_a_refused_model_is_a_failure_while_no_workflow_made_what_is_live(monkeypatch: pytest.MonkeyPatch):
    hold(monkeypatch, [REFUSED], live="made by hand")

    with pytest.raises(LabError, match="Workflow train failed"):
        close_loop(SETTINGS, "income", lambda line: None, Dispatches(train=1))


def test_a_failure_before_the_gate_is_no_refusal(monkeypatch: pytest.MonkeyPatch):
    hold(monkeypatch, [], live="r2")

    with pytest.raises(LabError, match=r"Workflow train failed in step 'a step' \(exit code 1\); see /runs/77/log"):
        close_loop(SETTINGS, "income", lambda line: None, Dispatches(train=1))


def test_a_failed_deploy_fails(monkeypatch: pytest.MonkeyPatch):
    hold(monkeypatch, [PASSED], live="r1")

    with pytest.raises(LabError, match="Workflow deploy failed"):
        close_loop(SETTINGS, "income", lambda line: None, Dispatches(deploy=1))


def test_a_train_run_that_published_nothing_is_an_error(monkeypatch: pytest.MonkeyPatch):
    hold(monkeypatch, [], live="r2")

    with pytest.raises(LabError, match="succeeded and published nothing"):
        close_loop(SETTINGS, "income", lambda line: None, Dispatches())
