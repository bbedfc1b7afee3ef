from datetime import UTC, datetime

from mlops_lab.load.casualty import Casualty
from mlops_lab.load.summary import Sample, summarise

STARTED = datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_requests_that_pile_up_after_the_stop_do_not_count_as_in_flight_at_it():
    two_at_once = [Sample(0.8, 0.8, 1.2), Sample(0.9, 0.9, 1.2)]
    piled_up = [Sample(2.1 + each / 100, 2.1, 9, error="timeout") for each in range(50)]

    seen = Casualty("task", 1, 3.0, summarise([*two_at_once, *piled_up], STARTED, 5))

    assert seen.in_flight == 3  # the two at the end of second 0, and one that came since
