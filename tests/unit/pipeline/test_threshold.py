import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlops_lab.pipeline.metrics import cost
from mlops_lab.pipeline.threshold import cheapest
from mlops_lab.projects.project import CostMatrix

ROWS = st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1, max_size=40)
COSTS = st.builds(CostMatrix, st.floats(0.1, 10), st.floats(0.1, 10), st.just("calls"))


@given(ROWS, COSTS, st.lists(st.floats(0, 1), max_size=20))
def test_no_other_threshold_costs_less(rows: list[tuple[int, float]], costs: CostMatrix, others: list[float]) -> None:
    truth, scores = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])

    chosen = cost(truth, scores, cheapest(truth, scores, costs), costs)

    assert all(chosen <= cost(truth, scores, other, costs) + 1e-9 for other in [*others, *scores])


def test_it_lies_midway_between_the_scores_that_it_parts() -> None:
    truth, scores = np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.6, 0.9])

    assert cheapest(truth, scores, CostMatrix(1, 1, "calls")) == 0.4


def test_a_dearer_miss_lowers_it() -> None:
    truth, scores = np.array([0, 1, 0, 0, 1]), np.array([0.1, 0.3, 0.4, 0.5, 0.9])

    equal, dear = (cheapest(truth, scores, CostMatrix(1, miss, "calls")) for miss in (1, 5))

    assert dear < 0.3 < equal
