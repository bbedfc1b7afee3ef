import numpy as np
import pytest
from sklearn.metrics import log_loss

from mlops_lab.pipeline import challenge as challenges
from mlops_lab.pipeline.challenge import challenge

RANDOM = np.random.default_rng(0)
TRUTH = RANDOM.integers(0, 2, 4_000)
SCORES = np.clip(0.5 + (TRUTH - 0.5) * 0.5 + RANDOM.normal(0, 0.2, len(TRUTH)), 0.01, 0.99)


def test_the_loss_of_the_rows_has_scikit_learn_s_mean() -> None:
    assert challenges.log_loss(TRUTH.astype(float), SCORES).mean() == pytest.approx(log_loss(TRUTH, SCORES))


def test_certainty_that_is_wrong_costs_much_but_not_infinitely() -> None:
    assert 30 < challenges.log_loss(np.array([1.0]), np.array([0.0]))[0] < 40


def test_a_model_against_itself_is_not_better() -> None:
    found = challenge("log_loss", TRUTH, ("1", SCORES), SCORES, margin=0)

    assert (found.improvement, found.interval, found.passed) == (0, (0, 0), False)


@pytest.mark.parametrize(("margin", "passed"), [(0.001, True), (1.0, False)])
def test_a_better_model_passes_where_it_is_better_by_the_margin(margin: float, passed: bool) -> None:
    found = challenge("log_loss", TRUTH, ("1", SCORES), (SCORES + TRUTH) / 2, margin)

    assert found.interval[0] < found.improvement < found.interval[1]
    assert found.passed is passed


def test_what_the_choice_of_rows_explains_is_no_improvement() -> None:
    noise = RANDOM.permutation(np.repeat([-0.2, 0.2], 50))  # as good as before, on a hundred rows

    found = challenge("mae", np.zeros(100), ("1", np.ones(100)), np.ones(100) + noise - 0.001, margin=0.0005)

    assert found.improvement == pytest.approx(0.001)
    assert not found.passed


def test_the_same_rows_give_the_same_interval() -> None:
    first, second = (challenge("mae", TRUTH, ("1", SCORES), SCORES**2, 0) for _ in range(2))

    assert first == second


def test_the_verdict_tells_both_figures_margin_and_interval() -> None:
    said = str(challenge("mae", np.zeros(4), ("3", np.full(4, 2.0)), np.ones(4), 0.5))

    assert said == (
        "mae is 1.0000, the champion's (version 3) 2.0000 on the same 4 rows: better by 1.0000 "
        "(95% interval 1.0000 to 1.0000), must be at least 0.5 and not by chance"
    )
