import random

import pytest

from mlops_lab.localcloud.plane.extension.metrics.datum import MalformedDatumError, dimensions, metric, summary
from mlops_lab.localcloud.plane.extension.metrics.statistic import UnknownStatisticError, value
from mlops_lab.localcloud.plane.extension.metrics.summary import coarse, merged, of_statistics, of_values, percentile

ONE_TO_TEN = of_values({float(n): 1.0 for n in range(1, 11)})


@pytest.mark.parametrize(
    ("name", "expected"),
    [("SampleCount", 4), ("Sum", 10), ("Average", 2.5), ("Minimum", 1), ("Maximum", 5), ("p50", 2)],
)
def test_statistics_are_those_of_the_values(name: str, expected: float):
    assert value(name, of_values({1.0: 1, 2.0: 2, 5.0: 1})) == expected


@pytest.mark.parametrize(
    ("rank", "expected"), [(0, 1), (10, 1), (50, 5), (50.1, 6), (90, 9), (99, 10), (99.99, 10), (100, 10)]
)
def test_a_percentile_is_the_least_value_that_so_many_per_cent_do_not_exceed(rank: float, expected: float):
    assert percentile(ONE_TO_TEN, rank) == expected


def test_counts_weigh_as_many_values():
    assert percentile(of_values({1.0: 99, 10.0: 1}), 99) == 1
    assert percentile(of_values({1.0: 98, 10.0: 2}), 99) == 10


def test_merged_summaries_are_the_summary_of_all_values():
    parts = [of_values({1.0: 1, 2.0: 3}), of_values({2.0: 1, 7.0: 1}), of_values({4.0: 1})]

    assert merged(parts) == of_values({1.0: 1, 2.0: 4, 4.0: 1, 7.0: 1})


def test_a_statistic_set_has_no_percentiles_unless_its_values_are_equal():
    assert percentile(of_statistics(3, 6, 1, 3), 50) is None
    assert percentile(of_statistics(3, 6, 2, 2), 50) == 2
    assert percentile(merged([ONE_TO_TEN, of_statistics(3, 6, 1, 3)]), 50) is None


def test_thousands_of_different_values_keep_percentiles_to_three_digits():
    generator = random.Random(1)
    values = [generator.uniform(0.001, 0.1) for _ in range(5_000)]
    found = merged([of_values({each: 1.0}) for each in values])

    exact = sorted(values)
    for rank in (50, 90, 99):
        assert percentile(found, rank) == pytest.approx(exact[int(len(exact) * rank / 100) - 1], rel=0.01)
    assert (found.minimum, found.maximum, found.samples) == (exact[0], exact[-1], 5_000)
    assert found.total == pytest.approx(sum(values))
    assert len(found.distribution) <= 3_000 * 16


def test_a_coarse_summary_keeps_exact_statistics_and_rounds_the_values():
    fine = of_values({1.234: 1, 1.235: 1, 9.87: 2})

    rough = coarse(fine)

    assert rough[:4] == fine[:4]
    assert (percentile(rough, 50), percentile(rough, 75)) == (1.234, 9.87)  # 1.2 and 9.9, within the extremes
    assert len(rough.distribution) < len(fine.distribution)


@pytest.mark.parametrize("name", ["p101", "p", "average", "tm90", "p-1", "p1.", ""])
def test_an_unknown_statistic_is_refused(name: str):
    with pytest.raises(UnknownStatisticError):
        value(name, ONE_TO_TEN)


def test_value_values_and_statistic_sets_are_read():
    assert summary({"Value": 3}) == of_values({3.0: 1})
    assert summary({"Values": [1, 2, 1]}) == of_values({1.0: 2, 2.0: 1})
    assert summary({"Values": [1, 2], "Counts": [5, 0]}) == of_values({1.0: 5})
    assert summary({"StatisticValues": {"SampleCount": 2, "Sum": 3, "Minimum": 1, "Maximum": 2}})[:4] == (2, 3, 1, 2)
    assert summary({"Value": 0}).total == 0


@pytest.mark.parametrize(
    "item",
    [
        {},
        {"Values": [1.0], "Counts": [1, 2]},
        {"Value": float("nan")},
        {"Values": [float("inf")]},
        {"StatisticValues": {"Sum": 1}},
    ],
)
def test_a_malformed_datum_is_refused(item: dict):
    with pytest.raises(MalformedDatumError):
        summary(item)


def test_the_order_of_dimensions_does_not_tell_metrics_apart_but_their_unit_does():
    here = [{"Name": "B", "Value": "2"}, {"Name": "A", "Value": "1"}]

    assert dimensions(here) == dimensions(here[::-1]) == (("A", "1"), ("B", "2"))
    assert metric("n", {"MetricName": "m"}).unit == "None"
    assert metric("n", {"MetricName": "m", "Unit": "Count"}) != metric("n", {"MetricName": "m", "Unit": "Seconds"})
