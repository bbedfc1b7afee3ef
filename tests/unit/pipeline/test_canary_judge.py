from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mlops_lab.pipeline.canary import Counts, Limits, judge

STABLE = Counts(requests=1_000, errors=2, slow=20, scores=(500, 300, 200))


def test_a_canary_as_good_as_stable_passes():
    assert judge(STABLE, STABLE, Limits(), 1).decision == "pass"


def test_too_few_requests_decide_nothing():
    assert judge(STABLE, replace(STABLE, requests=20, errors=20), Limits(), 1).decision == "go on"


def test_one_failure_in_ten_rolls_back_and_is_named():
    found = judge(STABLE, replace(STABLE, errors=100), Limits(), 3)

    assert found.decision == "roll back"
    assert found.reasons[0].startswith("5xx differ by 9.8%")
    assert len(found.reasons) == 1


def test_slow_answers_roll_back():
    assert judge(STABLE, replace(STABLE, slow=600), Limits(), 3).decision == "roll back"


def test_scores_that_lie_elsewhere_roll_back():
    assert judge(STABLE, replace(STABLE, scores=(200, 300, 500)), Limits(), 3).decision == "roll back"


def test_a_canary_whose_scores_are_not_in_the_log_yet_does_not_pass():
    unlogged = replace(STABLE, scores=(0, 0, 0))

    found = judge(STABLE, unlogged, Limits(), 1)

    assert (found.decision, found.reasons) == ("go on", ("0 of 100 scores are in the log",))
    assert judge(STABLE, replace(unlogged, errors=300), Limits(), 1).decision == "roll back"


def test_where_nothing_is_logged_a_canary_is_judged_by_the_rest():
    unlogged = replace(STABLE, scores=(0, 0, 0))

    assert judge(unlogged, unlogged, Limits(), 1).decision == "pass"


def test_good_canaries_are_rolled_back_no_more_often_than_stated():
    random = np.random.default_rng(0)
    rolled_back = 0
    for _ in range(200):
        stable, canary = (random.binomial(1, 0.03, 2_000).cumsum() for _ in range(2))
        looks = ((n, judge(_failing(n, stable), _failing(n, canary), Limits(errors=0.0), look)) for look, n in _looks())
        rolled_back += any(verdict.decision == "roll back" for _, verdict in looks)

    assert rolled_back <= 200 * Limits().chance


def _looks() -> list[tuple[int, int]]:
    return list(enumerate(range(100, 2_001, 100), start=1))


def _failing(requests: int, errors: NDArray[np.int64]) -> Counts:
    return Counts(requests, int(errors[requests - 1]), 0, ())
