from datetime import UTC, datetime

import pytest

from mlops_lab.load.summary import Latency, Sample, summarise

STARTED = datetime(2026, 11, 23, 8, tzinfo=UTC)


def answered(scheduled: float, latency: float, version: str = "7") -> Sample:
    return Sample(scheduled, scheduled, scheduled + latency, version=version)


def failed(scheduled: float, error: str) -> Sample:
    return Sample(scheduled, scheduled, scheduled + 0.1, error)


def test_latency_counts_from_when_a_request_was_due():
    late = Sample(scheduled=1.0, sent=3.0, finished=3.5)

    summary = summarise([late], STARTED, 2)

    assert summary.latency == Latency(2.5, 2.5, 2.5, 2.5)
    assert summary.delay == 2.0


def test_percentiles_are_latencies_that_were_measured():
    samples = [answered(0, number / 1000) for number in range(1, 101)]

    summary = summarise(samples, STARTED, 1)

    assert summary.latency == Latency(p50=0.05, p90=0.09, p99=0.099, max=0.1)


def test_failures_are_counted_by_kind_and_kept_out_of_the_latencies():
    samples = [answered(0, 0.5), failed(0, "http 503"), failed(0.1, "timeout"), failed(0.2, "http 503")]

    summary = summarise(samples, STARTED, 1)

    assert summary.errors == {"http 503": 2, "timeout": 1}
    assert (summary.succeeded, summary.failed) == (1, 3)
    assert summary.latency == Latency(0.5, 0.5, 0.5, 0.5)


def test_what_was_dropped_was_offered():
    summary = summarise([answered(0, 0.1)], STARTED, 1, crowded=[0.2, 0.7], beyond={"requests": 5})

    assert summary.offered == 8
    assert summary.dropped == {"concurrency": 2, "requests": 5}
    assert summary.offered_rate == 3  # the five were due after the run's end


def test_the_achieved_rate_counts_until_the_last_answer():
    summary = summarise([answered(0, 0.1), answered(0.5, 3.5)], STARTED, 1)

    assert summary.offered_rate == 2
    assert summary.achieved_rate == 0.5


def test_the_timeline_holds_every_second_also_the_empty_ones():
    samples = [answered(0.1, 0.2), answered(0.9, 1.3, version="8"), failed(3.0, "timeout")]

    seconds = summarise(samples, STARTED, 4, crowded=[3.1]).timeline

    assert [each.second for each in seconds] == [0, 1, 2, 3]
    assert [each.offered for each in seconds] == [2, 0, 0, 2]
    assert [each.succeeded for each in seconds] == [1, 0, 1, 0]
    assert [each.failed for each in seconds] == [0, 0, 0, 1]
    assert [each.dropped for each in seconds] == [0, 0, 0, 1]
    assert [each.in_flight for each in seconds] == [1, 1, 0, 0]
    assert [each.versions for each in seconds] == [{"7": 1}, {}, {"8": 1}, {}]
    assert seconds[2].latency is not None
    assert seconds[2].latency.max == pytest.approx(1.3)


def test_versions_count_successes_and_name_their_absence():
    samples = [answered(0, 0.1, "7"), answered(0, 0.1, "8"), Sample(0, 0, 0.1), Sample(0, 0, 0.1, "http 500", "8")]

    assert summarise(samples, STARTED, 1).versions == {"7": 1, "8": 1, "none": 1}


def test_a_run_without_a_request_has_a_summary():
    summary = summarise([], STARTED, 0)

    assert (summary.offered, summary.offered_rate, summary.achieved_rate, summary.latency) == (0, 0.0, 0.0, None)
