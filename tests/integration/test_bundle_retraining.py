"""Retraining as a command, from the committed data."""

import json
from datetime import date
from pathlib import Path

import pytest

from mlops_lab import projects, retrain
from mlops_lab.candidate import Candidate, Recipe, Step, train_candidate
from mlops_lab.errors import LabError
from mlops_lab.pipeline.challenge import challenge
from mlops_lab.projects.project import Project, Window
from mlops_lab.settings import Settings

ROOT = Path(__file__).parents[2]


def test_the_model_of_the_committed_data_reaches_the_reference_and_passes_its_gates(
    income: Project, tmp_path: Path
) -> None:
    steps: list[Step] = []

    trained = train_candidate(income, Settings(root=ROOT, state=tmp_path), progress=steps.append)

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


def test_a_model_of_one_recent_month_of_2019_is_judged_worse_than_the_champion_on_the_month_after(
    taxi_candidate: Candidate, tmp_path: Path
) -> None:
    windows = Window(date(2019, 5, 1), date(2019, 6, 1)), Window(date(2019, 6, 1), date(2019, 7, 1))
    project = taxi_candidate.project

    recent = train_candidate(project, Settings(root=ROOT, state=tmp_path), Recipe(train=windows[0], test=windows[1]))

    champion = taxi_candidate.model.score(recent.splits.test)
    evaluation = recent.evaluation
    verdict = challenge(project.metric, evaluation.truth, ("1", champion), evaluation.scores, project.margin)
    assert not verdict.passed
    assert "better by -0." in str(verdict)


@pytest.mark.parametrize(
    ("project", "recipe", "message"),
    [
        ("taxi", Recipe(train=Window(date(2020, 1, 1), date(2020, 2, 1))), "TRAIN and TEST belong together"),
        (
            "taxi",
            Recipe(train=Window(date(2020, 2, 1), date(2020, 3, 1)), test=Window(date(2020, 1, 1), date(2020, 2, 1))),
            "TEST must follow TRAIN",
        ),
        (
            "income",
            Recipe(train=Window(date(2020, 1, 1), date(2020, 2, 1)), test=Window(date(2020, 2, 1), date(2020, 3, 1))),
            "income is not split by time",
        ),
    ],
)
def test_windows_that_cannot_be_followed_are_one_line(
    project: str, recipe: Recipe, message: str, tmp_path: Path
) -> None:
    with pytest.raises(LabError, match=message):
        train_candidate(projects.get(project), Settings(root=ROOT, state=tmp_path), recipe)
