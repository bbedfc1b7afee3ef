"""Retraining as a command, from the committed data."""

import json
from pathlib import Path

import pytest

from mlops_lab import retrain
from mlops_lab.projects.project import Project
from mlops_lab.retrain import Step
from mlops_lab.settings import Settings

ROOT = Path(__file__).parents[2]


def test_the_model_of_the_committed_data_reaches_the_reference_and_passes_its_gates(
    income: Project, tmp_path: Path
) -> None:
    steps: list[Step] = []

    trained = retrain.train_candidate(income, Settings(root=ROOT, state=tmp_path), progress=steps.append)

    evaluation = trained.evaluation
    assert trained.verdict.passed
    assert evaluation.metrics["auc"] > 0.925  # 0.929 with every column, in five-fold cross-validation
    assert evaluation.metrics["log_loss"] < 0.285
    assert evaluation.baselines["logistic"]["auc"] == pytest.approx(0.906, abs=0.005)
    assert evaluation.baselines["constant"]["log_loss"] == pytest.approx(0.550, abs=0.001)
    assert [step.seconds is None for step in steps] == [True, False] * 4
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_project_is_one_line_and_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert retrain.main(["--project", "incme"]) == 1

    assert capsys.readouterr().err.startswith("PROJECT is 'incme'; use one of income")


def test_the_result_is_one_line_of_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    result = retrain.Retrained("3", "s3://bucket/models/income/3/", "0" * 64, "run", "challenger", {"auc": 0.9})
    monkeypatch.setattr(retrain, "retrain", lambda *_, **__: result)

    status = retrain.main(["--project", "income", "--seed", "5"])

    assert status == 0
    assert json.loads(capsys.readouterr().out)["version"] == "3"
