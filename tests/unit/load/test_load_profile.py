import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mlops_lab.errors import LabError
from mlops_lab.load.profile import Stage, constant, duration, parse, schedule, steps

RATES = st.floats(0, 500, allow_nan=False)
PROFILES = st.lists(st.builds(Stage, RATES, RATES, st.floats(0.1, 5)), min_size=1, max_size=4).map(tuple)


def test_a_constant_rate_is_evenly_spaced_and_begins_at_once():
    assert list(schedule(constant(4, 1.5))) == pytest.approx([0, 0.25, 0.5, 0.75, 1.0, 1.25])


def test_a_ramp_offers_the_integral_of_its_rate():
    due = list(schedule((Stage(0, 10, 10),)))

    assert len(due) == 50
    assert due[12] == pytest.approx((2 * 12) ** 0.5)  # t**2 / 2 requests are due after t seconds


def test_a_falling_ramp_ends_at_rest():
    due = list(schedule((Stage(10, 0, 10),)))

    assert len(due) == 50
    assert sum(at < 5 for at in due) == 38  # three quarters of them in the first half, and the one due at once


def test_steps_follow_one_another():
    due = list(schedule(steps((2, 2), (0, 3), (10, 1))))

    assert [sum(second <= at < second + 1 for at in due) for second in range(6)] == [2, 2, 0, 0, 0, 10]


@given(PROFILES)
@example((Stage(5e-324, 0.0, 5.0), Stage(500.0, 1e-200, 5.0)))
def test_a_schedule_rises_within_the_profile_and_loses_no_request(profile: tuple[Stage, ...]):
    due = list(schedule(profile))

    assert due == sorted(due)
    assert all(0 <= at <= duration(profile) + 1e-6 for at in due)
    assert len(due) == pytest.approx(sum(stage.requests for stage in profile), abs=1)


def test_a_profile_is_read_from_text():
    assert parse("5:30, 5-60:60,60:120") == (Stage(5, 5, 30), Stage(5, 60, 60), Stage(60, 60, 120))


@pytest.mark.parametrize("text", ["", "5", "5:", "fast:10", "5:0", "-5:10", "nan:10", "inf:1", "1-2-3:4"])
def test_what_is_no_profile_is_refused_with_its_form(text: str):
    with pytest.raises(LabError, match="RATE:SECONDS"):
        parse(text)
