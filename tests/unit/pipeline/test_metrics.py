import numpy as np
import pandas as pd
import pytest

from mlops_lab.pipeline.groups import MISSING, SMALL, by_group, largest_gap
from mlops_lab.pipeline.metrics import calibration, calibration_error, decision_metrics, score_metrics
from mlops_lab.projects.project import CostMatrix


def test_a_perfect_score_has_perfect_metrics() -> None:
    metrics = score_metrics(np.array([0, 1] * 50), np.array([0.0, 1.0] * 50))

    assert metrics["auc"] == 1
    assert metrics["brier"] == metrics["calibration_error"] == 0


def test_a_score_that_promises_too_much_is_off_by_that_much() -> None:
    truth, scores = np.array([0, 0, 0, 1] * 100), np.full(400, 0.35)

    assert calibration_error(calibration(truth, scores)) == pytest.approx(0.10)


def test_cost_counts_each_kind_of_error_at_its_price() -> None:
    truth, scores = np.array([0, 0, 1, 1]), np.array([0.9, 0.1, 0.1, 0.9])

    metrics = decision_metrics(truth, scores, 0.5, CostMatrix(2, 7, "calls"))

    assert metrics["cost_per_thousand"] == 1_000 * (2 + 7) / 4
    assert metrics["precision"] == metrics["recall"] == metrics["selection_rate"] == 0.5


def test_rates_are_measured_within_each_group() -> None:
    groups = pd.Series(["a"] * 200 + ["b"] * 200)
    truth = np.array([1, 0] * 200)
    scores = np.concatenate([truth[:200] * 1.0, np.ones(200)])  # right in a, everybody chosen in b

    a, b = by_group("letter", groups, truth, scores, 0.5)

    assert (a.true_positive_rate, a.false_positive_rate, a.selection_rate) == (1, 0, 0.5)
    assert (b.true_positive_rate, b.false_positive_rate, b.selection_rate) == (1, 1, 1)
    assert largest_gap([a, b], "false_positive_rate") == 1
    assert largest_gap([a, b], "true_positive_rate") == 0


def test_small_groups_stand_together_and_missing_is_a_group() -> None:
    groups = pd.Series(["a"] * 300 + ["b"] * 60 + ["c"] * 40 + [None] * 150)

    found = by_group("letter", groups, np.ones(550, dtype=np.int64), np.ones(550), 0.5)

    assert {group.group: group.rows for group in found} == {"a": 300, SMALL: 100, MISSING: 150}


def test_a_group_without_negatives_does_not_spoil_the_gap() -> None:
    groups = pd.Series(["a"] * 100 + ["b"] * 100)
    truth = np.array([1] * 100 + [0, 1] * 50)

    found = by_group("letter", groups, truth, np.zeros(200), 0.5)

    assert largest_gap(found, "false_positive_rate") == 0
