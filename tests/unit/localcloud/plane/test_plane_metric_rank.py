import pytest

from mlops_lab.localcloud.plane.extension.metrics.statistic import UnknownStatisticError, value
from mlops_lab.localcloud.plane.extension.metrics.summary import of_statistics, of_values

ANSWERS = of_values({0.1: 6, 0.5: 3, 2.0: 1})


@pytest.mark.parametrize(
    ("name", "per_cent"),
    [("PR(:0.1)", 60), ("PR(:0.09)", 0), ("PR(:1)", 90), ("PR(0.1:)", 40), ("PR(0.1:0.5)", 30), ("PR(:2)", 100)],
)
def test_a_percentile_rank_is_the_share_of_values_above_one_bound_and_up_to_the_other(name: str, per_cent: float):
    assert value(name, ANSWERS) == pytest.approx(per_cent)


@pytest.mark.parametrize("name", ["PR()", "PR(:)", "PR(2:1)", "PR(:x)", "PR(:50%)"])
def test_what_is_no_percentile_rank_is_refused(name: str):
    with pytest.raises(UnknownStatisticError):
        value(name, ANSWERS)


def test_statistics_without_their_values_have_no_rank():
    assert value("PR(:0.5)", of_statistics(10, 5.0, 0.1, 2.0)) is None
