import math
from dataclasses import dataclass, field, replace

import pytest

from mlops_lab.localcloud.agent.alarms import Alarm, evaluate
from mlops_lab.localcloud.agent.scaling import Capacity, Last, Reading, decide
from mlops_lab.localcloud.agent.tracking import PERIODS_IN, PERIODS_OUT, Tracking

CPU = Tracking("cpu", "arn:cpu", "service/main/app", 60.0, {"Statistic": "Average"}, 60, 120, True)
REQUESTS = replace(CPU, name="requests", arn="arn:requests")
ONE_TO_THREE = Capacity(desired=1, minimum=1, maximum=3)
THREE = replace(ONE_TO_THREE, desired=3)
LONG_AGO = -10_000.0


def high(load: float, tracking: Tracking = CPU) -> Reading:
    return Reading(tracking, "ALARM", "OK", load)


def low(load: float | None, tracking: Tracking = CPU) -> Reading:
    return Reading(tracking, "OK", "ALARM", load)


def fine(tracking: Tracking = CPU) -> Reading:
    return Reading(tracking, "OK", "OK", 0.95)


@pytest.mark.parametrize(("load", "desired"), [(1.1, 2), (2.0, 2), (2.1, 3), (9.0, 3)])
def test_capacity_grows_in_proportion_to_the_metric_up_to_the_maximum(load: float, desired: int):
    assert decide(ONE_TO_THREE, [high(load)], None, 0).desired == desired


def test_the_policy_that_asks_for_most_wins():
    decision = decide(ONE_TO_THREE, [high(1.2), high(2.5, REQUESTS)], None, 0)

    assert (decision.desired, decision.tracking, decision.alarm) == (3, REQUESTS, REQUESTS.high_alarm)


def test_one_policy_that_asks_for_more_outweighs_one_that_asks_for_less():
    assert decide(replace(ONE_TO_THREE, desired=2), [low(0.1), high(1.4, REQUESTS)], None, 0).desired == 3


def test_capacity_goes_only_where_all_policies_let_it_go():
    assert decide(THREE, [low(0.1), fine(REQUESTS)], None, 0) is None
    assert decide(THREE, [low(0.1), Reading(REQUESTS, "OK", "INSUFFICIENT_DATA", None)], None, 0) is None
    assert decide(THREE, [low(0.1), low(0.5, REQUESTS)], None, 0).desired == 2


def test_a_policy_that_does_not_scale_in_neither_holds_capacity_nor_lets_it_go():
    only_out = replace(CPU, scales_in=False)

    assert decide(THREE, [low(0.0, only_out)], None, 0) is None
    assert decide(THREE, [fine(only_out), low(0.0, REQUESTS)], None, 0).desired == 1


def test_what_is_left_is_expected_to_stay_below_nine_tenths_of_the_target():
    assert decide(THREE, [low(0.29)], None, 0).desired == 1
    assert decide(THREE, [low(1 / 3)], None, 0).desired == 2  # one task would be at its target
    assert decide(replace(THREE, desired=2), [low(0.5)], None, 0) is None


def test_during_the_cool_down_after_scaling_out_only_a_larger_wish_counts():
    last = Last(before=1, after=2, completed_at=100.0)
    two = replace(ONE_TO_THREE, desired=2)

    assert decide(two, [high(1.8)], last, 130.0) is None  # one task asks for two: they are there
    assert decide(two, [high(2.5)], last, 130.0).desired == 3
    assert decide(two, [high(1.4)], last, 161.0).desired == 3


def test_nothing_is_let_go_during_the_cool_down_after_scaling_in():
    last = Last(before=3, after=2, completed_at=100.0)

    assert decide(replace(THREE, desired=2), [low(0.1)], last, 219.0) is None
    assert decide(replace(THREE, desired=2), [low(0.1)], last, 221.0).desired == 1


def test_scaling_out_does_not_wait_for_the_cool_down_after_scaling_in():
    assert decide(ONE_TO_THREE, [high(2.0)], Last(3, 1, 100.0), 101.0).desired == 2


def test_nothing_is_let_go_while_tasks_are_still_coming():
    assert decide(THREE, [low(0.1)], Last(1, 3, completed_at=None), 50.0) is None


def test_a_service_without_tasks_is_left_alone():
    nothing = replace(ONE_TO_THREE, desired=0)

    assert decide(nothing, [Reading(CPU, "INSUFFICIENT_DATA", "INSUFFICIENT_DATA", None)], None, 0) is None
    assert decide(nothing, [high(5.0)], None, 0) is None
    assert decide(nothing, [low(0.0)], None, 0) is None


def test_a_service_above_its_maximum_is_brought_down_by_scaling_in_not_by_scaling_out():
    five = replace(ONE_TO_THREE, desired=5)

    assert decide(five, [high(3.0)], None, 0) is None
    assert decide(five, [low(0.8)], None, 0).desired == 3


def test_suspended_scaling_does_nothing():
    assert decide(replace(ONE_TO_THREE, may_scale_out=False), [high(2.0)], None, 0) is None
    assert decide(replace(THREE, may_scale_in=False), [low(0.1)], None, 0) is None


@dataclass
class Simulation:
    """A service under a load that is measured in tasks at 100 per cent, observed once a period as the agent does."""

    tracking: Tracking = field(default_factory=lambda: replace(CPU, out_cooldown=20, in_cooldown=30))
    period: int = 10
    tasks: int = 1
    start_seconds: int = 20
    counts: list[int] = field(default_factory=list)
    changes: list[tuple[int, int]] = field(default_factory=list)
    _values: dict[int, float] = field(default_factory=dict)
    _last: Last | None = None
    _coming: tuple[int, int] | None = None  # (count, second)

    def run(self, load: list[float]) -> "Simulation":
        for demand in load:
            self._pass(len(self.counts) * self.period, demand)
        return self

    def _pass(self, second: int, demand: float) -> None:
        if self._coming and second >= self._coming[1]:
            self.tasks, self._coming = self._coming[0], None
            self._last = replace(self._last, completed_at=float(second))
        self._values[second] = min(demand / self.tasks, 1.0) * 100
        self.counts.append(self.tasks)
        now = second + self.period
        desired = self._coming[0] if self._coming else self.tasks
        reading = Reading(
            self.tracking,
            self._state("GreaterThanThreshold", 60.0, PERIODS_OUT, now),
            self._state("LessThanThreshold", 54.0, PERIODS_IN, now),
            self._values[second] / 60.0,
        )
        if decision := decide(Capacity(desired, 1, 3), [reading], self._last, now):
            self.changes.append((desired, decision.desired))
            self._coming = decision.desired, now + self.start_seconds
            self._last = Last(desired, decision.desired, None)

    def _state(self, comparison: str, threshold: float, periods: int, now: int) -> str:
        alarm = Alarm("a", "OK", threshold, comparison, self.period, periods, periods, "missing", (), "Average")
        return evaluate(alarm, self._values, now).state


def test_a_load_that_comes_and_goes_drives_one_to_three_and_back():
    run = Simulation().run([0.2] * 20 + [1.7] * 40 + [0.1] * 60)

    assert max(run.counts) == 3
    assert run.counts[-1] == 1
    assert run.changes == [(1, 2), (2, 3), (3, 1)]


def test_a_steady_load_is_not_answered_by_flapping():
    for demand in (0.3, 0.55, 0.9, 1.1, 1.3, 1.7):
        run = Simulation().run([demand] * 300)

        directions = [after > before for before, after in run.changes]
        assert directions == sorted(directions, reverse=True), (demand, run.changes)
        assert directions.count(False) == 0, (demand, run.changes)


def test_a_wave_changes_capacity_at_most_with_every_crest_and_trough():
    wave = [0.9 + 0.8 * math.sin(step / 30) for step in range(600)]  # a crest every 31 minutes of ten-second periods

    run = Simulation().run(wave)

    assert 2 <= len(run.changes) <= 14
    assert max(run.counts) == 3


def test_a_short_burst_adds_no_task():
    assert Simulation().run([0.2] * 20 + [1.0] * 2 + [0.2] * 20).changes == []
