from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_lab.reporting.dashboard.chart import bands, filled, legend, newest, nice, number, runs, time_ticks
from mlops_lab.reporting.dashboard.view import Panel, Series
from mlops_lab.reporting.dashboard.widget import Axis, MetricWidget, Place, Threshold

EIGHT = datetime(2026, 11, 23, 8, tzinfo=UTC)
START = EIGHT.timestamp()
PLACE = Place(0, 0, 6, 6)


def series(*points: tuple[int, float], label: str = "a") -> Series:
    return Series(label, [START + 60 * minute for minute, _ in points], [value for _, value in points], 60)


def test_a_line_breaks_where_a_period_has_no_value():
    found = runs(series((0, 1), (1, 2), (4, 3), (5, 4), (9, 5)))

    assert [[value for _, value in run] for run in found] == [[1, 2], [3, 4], [5]]


def test_an_empty_series_has_no_line():
    assert runs(series()) == ()


def test_stacked_series_stand_on_what_is_below_them_at_that_moment():
    widget = MetricWidget(PLACE, "", (), stacked=True)

    lower, upper = bands(Panel(widget, (series((0, 1), (1, 2)), series((1, 5), (2, 7)))))

    assert [value for _, value in lower.runs[0]] == [1, 2]
    assert [value for _, value in upper.below[0]] == [2, 0]
    assert [value for _, value in upper.runs[0]] == [7, 7]


def test_a_scale_begins_at_zero_unless_something_is_below():
    assert nice([40, 60], Axis()).low == 0
    assert nice([-3, 60], Axis()).low < -3


def test_the_bounds_of_the_axis_go_before_the_data():
    scale = nice([40, 160], Axis(minimum=20, maximum=100))

    assert (scale.low, scale.high) == (20, 100)
    assert scale.share(160) == 1.0
    assert all(20 <= tick <= 100 for tick in scale.ticks)


@pytest.mark.parametrize("values", [[], [0.0, 0.0], [5.0]])
def test_a_scale_has_a_length_whatever_the_data(values: list[float]):
    scale = nice(values, Axis())

    assert scale.high > scale.low
    assert len(scale.ticks) >= 2


def test_a_scale_has_a_length_where_the_lower_bound_is_above_the_data():
    assert nice([5.0], Axis(minimum=10)).high > 10


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=20))
def test_every_value_is_on_its_scale(values: list[float]):
    scale = nice(values, Axis())

    assert all(scale.low <= value <= scale.high for value in values)


def test_a_threshold_tints_its_side():
    scale = nice([0, 100], Axis(0, 100))

    assert filled(Threshold(85, fill="above"), scale) == (85, 100)
    assert filled(Threshold(10, fill="below"), scale) == (0, 10)
    assert filled(Threshold(40, until=20), scale) == (20, 40)
    assert filled(Threshold(85), scale) is None


@pytest.mark.parametrize(
    ("minutes", "labels"),
    [
        (5, ["08:00", "08:01", "08:02", "08:03", "08:04", "08:05"]),
        (60, ["08:00", "08:10", "08:20", "08:30", "08:40", "08:50", "09:00"]),
        (3 * 24 * 60, ["12:00", "24 Nov", "12:00", "25 Nov", "12:00", "26 Nov"]),
    ],
)
def test_times_are_labelled_at_round_moments(minutes: int, labels: list[str]):
    assert [label for _, label in time_ticks(EIGHT, EIGHT + timedelta(minutes=minutes))] == labels


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.0123, "0.0123"),
        (0.00012, "1.2e-04"),
        (99.95, "100"),
        (999, "999"),
        (999.6, "1k"),
        (1_234, "1.23k"),
        (-4e6, "-4M"),
        (2.5e9, "2.5G"),
    ],
)
def test_numbers_are_short(value: float, text: str):
    assert number(value) == text


def test_a_last_value_that_is_not_of_now_says_when_it_was():
    end = EIGHT + timedelta(minutes=10)

    assert newest(series((8, 12.0)), end) == ("12", "")
    assert newest(series((2, 12.0)), end) == ("12", " at 08:02")
    assert newest(series(), end) == ("no data", "")


def test_a_legend_names_the_side_of_the_right_axis():
    right = Series("tasks", [START], [3.0], 60, side="right")

    assert legend(Panel(MetricWidget(PLACE, "", ()), (right,)), EIGHT) == ["tasks (right): 3"]
