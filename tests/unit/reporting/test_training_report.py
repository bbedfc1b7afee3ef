from dataclasses import replace

import numpy as np
import pytest

from mlops_lab.data.dataset import RawData
from mlops_lab.pipeline.challenge import Challenge, challenge
from mlops_lab.pipeline.gate import judge
from mlops_lab.pipeline.groups import GroupMetrics
from mlops_lab.pipeline.search import Trial
from mlops_lab.projects.project import Gate, Project
from mlops_lab.reporting import training_chart, training_findings, training_tables
from mlops_lab.retrain import Candidate

KEPT, BROKEN = judge([Gate("auc", minimum=0.5)], {"auc": 0.9}), judge([Gate("auc", minimum=0.95)], {"auc": 0.9})


def compared(gain: float) -> Challenge:
    return challenge("mae", np.zeros(9), ("4", np.full(9, 1 + gain)), np.ones(9), 0.1)


def test_the_rows_of_the_file_stand_beside_the_published_ones(income: Project, raw: RawData) -> None:
    table = training_tables.totals(income, raw.frame.drop(raw.frame.index[raw.frame["class"] == ">50K"][:7]))

    assert table.to_numpy().tolist() == [
        ["<=50K", "37,155", "37,155"],
        [">50K", "11,680", "11,687"],
        ["total", "48,835", "48,842"],
    ]


def test_every_column_has_a_role_and_its_reason(income: Project, raw: RawData) -> None:
    roles = training_tables.columns(income, raw.frame).set_index("column")["the model"]

    assert len(roles) == 15
    assert (roles["age"], roles["class"]) == ("sees it", "predicts it")
    assert roles["sex"] == "may not see it: a protected attribute"


def test_the_model_stands_below_its_baselines(candidate: Candidate) -> None:
    table = training_tables.against_baselines(candidate.evaluation)

    assert table.iloc[:, 0].tolist() == ["constant", "logistic", "this model"]
    assert float(table["auc"].iloc[0]) == 0.5


@pytest.mark.parametrize(
    ("rate", "base", "shown"),
    [(0.5, 0.2, "50.0% (30% to 70%)"), (float("nan"), 0.0, "none"), (1.0, 0.2, "100.0% (84%")],
)
def test_a_rate_of_few_people_has_a_wide_interval_and_one_of_none_is_none(rate: float, base: float, shown: str) -> None:
    group = GroupMetrics("sex", "x", 100, base, 0.3, rate, 0.1)

    assert training_tables.by_group([group])["true positive rate"][0].startswith(shown)


def test_trials_are_listed_with_their_parameters_and_loss() -> None:
    assert training_tables.trials([Trial({"a": 1, "b": 2}, 0.5)]).to_numpy().tolist() == [["a=1, b=2", "0.5000"]]


@pytest.mark.parametrize(
    ("gates", "challenged", "words"),
    [
        (KEPT, None, "**Accepted:** it becomes the first champion."),
        (KEPT, compared(0.5), "**Accepted** as challenger of version 4"),
        (KEPT, compared(0.01), "**Refused:** version 4 stays the champion"),
        (BROKEN, compared(0.5), "**Refused:** a bound is not kept"),
    ],
)
def test_what_follows_is_told_from_the_bounds_and_the_champion(gates, challenged, words: str) -> None:
    assert training_findings.outcome(gates, challenged).startswith(words)


def test_the_verdict_names_each_bound_and_the_champion_s_figures(income: Project) -> None:
    said = training_findings.verdict(income, BROKEN, compared(0.01))

    assert "**broken**: auc is 0.9000, must be at least 0.95" in said
    assert "**not better enough**: mae is 1.0000, the champion's (version 4) 1.0100" in said


def test_the_pictures_draw_every_input_and_the_decision(candidate: Candidate) -> None:
    inputs = training_chart.inputs(candidate.project, candidate.splits.train)
    decisions = training_chart.decisions(candidate.evaluation, candidate.project.task.costs)

    titles = [axes.get_title() for axes in inputs.axes if axes.get_title()]
    assert titles == [column.name for column in candidate.project.inputs]
    assert [axes.get_title() for axes in decisions.axes] == ["Calibration", "Cost of the decision"]


def test_the_sentences_hold_the_figures(candidate: Candidate) -> None:
    known = replace(candidate.evaluation, threshold=0.5)

    assert f"**{known.metrics['log_loss']:.3f}**" in training_findings.quality(known)
    assert "threshold of 0.50" in training_findings.decision(known, candidate.project.task.costs)
    assert "by sex" in training_findings.gaps(known.groups, known)
