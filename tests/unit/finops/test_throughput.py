from datetime import UTC, datetime, timedelta

import pytest

from mlops_lab.cloud.metrics import Series
from mlops_lab.finops.throughput import busiest

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def series(*values: float) -> Series:
    return Series(10, tuple((NOON + timedelta(seconds=10 * n), value) for n, value in enumerate(values)))


def test_the_busiest_period_is_the_one_with_most_requests_and_its_own_tasks_and_cpu() -> None:
    found = busiest({"requests": series(10, 300, 50), "healthy": series(1, 2, 3), "cpu": series(5, 60, 20)})

    assert found is not None
    assert found.moment == NOON + timedelta(seconds=10)
    assert found.rate == pytest.approx(30)
    assert (found.tasks, found.cpu_percent) == (2, 60)


def test_where_nothing_was_asked_nothing_is_busiest() -> None:
    assert busiest({"requests": series(0, 0), "healthy": series(1, 1), "cpu": series(5, 5)}) is None
    assert busiest({"requests": series(), "healthy": series(), "cpu": series()}) is None


def test_a_period_without_a_count_of_tasks_is_taken_for_one() -> None:
    found = busiest({"requests": series(10), "healthy": series(), "cpu": series()})

    assert found is not None
    assert found.tasks == 1
