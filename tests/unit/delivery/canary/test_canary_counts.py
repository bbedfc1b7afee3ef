from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from mlops_lab.cloud.metrics import Series
from mlops_lab.delivery.canary.counts import taken, tally, with_unanswered
from mlops_lab.delivery.canary.losses import lost
from mlops_lab.delivery.canary.state import Event, stamp
from mlops_lab.load.summary import Sample, Summary, summarise
from mlops_lab.pipeline.canary import Counts

START = datetime(2026, 1, 1, tzinfo=UTC)


def series(*values: float, first: int = 0) -> Series:
    return Series(10, tuple((START + timedelta(seconds=10 * (first + n)), value) for n, value in enumerate(values)))


def track(**changes: Series) -> Mapping[str, Series]:
    empty = {name: series() for name in ("requests", "errors", "answers", "fast", "unanswered")}
    return empty | changes


def test_slow_answers_are_counted_from_the_rank_of_the_limit():
    found = tally(track(requests=series(100, 50), answers=series(100, 50), fast=series(90, 80)), (1, 2))

    assert found == Counts(150, 0, 20, (1, 2))


def test_a_period_without_answers_has_no_slow_ones():
    found = tally(track(requests=series(10, 10), errors=series(10, first=1), answers=series(10), fast=series(50)), ())

    assert found == Counts(20, 10, 5, ())


def test_what_the_balancer_answers_itself_is_the_canary_s_error():
    assert with_unanswered(Counts(90, 1, 5, ()), 10) == Counts(100, 11, 5, ())


def test_shares_are_counted_after_the_weights_have_settled():
    tracks = {"stable": track(requests=series(100, 50, 51)), "canary": track(requests=series(20, 50, 49))}

    assert taken(tracks, START + timedelta(seconds=2)) == (101, 99)


def load(seconds: int, rate: int, failing: range) -> Summary:
    due = [n / rate for n in range(seconds * rate)]
    samples = [
        Sample(when, when, when + 0.01, "http 500" if int(when) in failing and n % 2 else None, "12"[n % 2])
        for n, when in enumerate(due)
    ]
    return summarise(samples, START, float(seconds))


def event(second: int, weight: int) -> Event:
    return Event(stamp(START + timedelta(seconds=second)), "", weight)


def test_what_clients_lost_is_within_what_met_the_canary():
    found = lost(load(60, 20, range(20, 30)), (event(5, 0), event(20, 50), event(30, 0)))

    assert found.failed == 100
    assert 200 <= found.offered <= 300
    assert found.failed <= found.bound < found.offered


def test_failures_without_a_canary_are_not_the_canary_s():
    found = lost(load(60, 20, range(50, 60)), (event(20, 50), event(30, 0)))

    assert found.failed == 0


def test_answers_are_counted_while_one_weight_holds():
    found = lost(load(60, 20, range(0)), (event(20, 50), event(40, 0)))

    counted = found.answers[50]
    assert set(found.answers) == {50}
    assert counted["1"] == counted["2"]
    assert 300 <= sum(counted.values()) < 400


@pytest.mark.parametrize("weight", [5, 95])
def test_the_bound_follows_the_weight(weight: int):
    found = lost(load(100, 20, range(0)), (event(10, weight), event(90, 0)))

    assert found.bound == pytest.approx(found.offered * weight / 100, rel=0.35)
