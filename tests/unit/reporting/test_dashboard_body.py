import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlops_lab.errors import LabError
from mlops_lab.reporting.dashboard.body import parse
from mlops_lab.reporting.dashboard.shorthand import expanded
from mlops_lab.reporting.dashboard.widget import (
    AlarmWidget,
    Axis,
    MetricWidget,
    OtherWidget,
    Place,
    TextWidget,
    Widget,
)

CPU = ["AWS/ECS", "CPUUtilization", "ClusterName", "lab", "ServiceName", "income"]


def metric(**properties: Any) -> dict[str, Any]:
    return {"type": "metric", "properties": {"metrics": [CPU]} | properties}


def read(*widgets: Any) -> tuple[Widget, ...]:
    return parse(json.dumps({"widgets": widgets})).widgets


def read_metric(**properties: Any) -> MetricWidget:
    (widget,) = read(metric(**properties))
    assert isinstance(widget, MetricWidget), widget
    return widget


def test_a_dot_repeats_the_element_above():
    entries = expanded([CPU, [".", "MemoryUtilization", ".", ".", ".", "taxi"], [".", ".", ".", ".", ".", "."]])

    assert entries[1][0] == ("AWS/ECS", "MemoryUtilization", "ClusterName", "lab", "ServiceName", "taxi")
    assert entries[2][0] == entries[1][0]


def test_three_dots_repeat_all_that_is_not_given():
    entries = expanded([CPU, ["...", "taxi"], [".", "MemoryUtilization", "...", "."], ["...", {"stat": "p99"}]])

    assert entries[1][0] == (*CPU[:-1], "taxi")
    assert entries[2][0] == ("AWS/ECS", "MemoryUtilization", *CPU[2:-1], "taxi")
    assert entries[3] == (entries[2][0], {"stat": "p99"})


def test_a_short_form_passes_over_an_expression():
    entries = expanded([CPU, [{"expression": "a * 2"}], [".", "MemoryUtilization", "..."]])

    assert entries[1] == ((), {"expression": "a * 2"})
    assert entries[2][0] == ("AWS/ECS", "MemoryUtilization", *CPU[2:])


@pytest.mark.parametrize("metrics", [[[".", "CPUUtilization"]], [["..."]], [["A", "B"], [".", ".", "."]]])
def test_a_short_form_with_nothing_above_says_so_in_its_widget(metrics: list[list[str]]):
    (widget,) = read(metric(metrics=metrics, title="CPU"))

    assert isinstance(widget, OtherWidget)
    assert widget.title == "CPU"
    assert "cannot be read" in widget.why


def test_a_line_takes_stat_and_period_from_itself_then_its_widget_then_cloudwatch():
    widget = read_metric(metrics=[CPU, ["...", {"stat": "p99", "period": 10}]], stat="Sum", period=60)

    assert [(line.stat, line.period) for line in widget.lines] == [("Sum", 60), ("p99", 10)]
    assert [(line.stat, line.period) for line in read_metric().lines] == [("Average", 300)]


def test_a_line_names_its_metric_as_the_api_wants_it():
    (line,) = read_metric().lines

    assert line.metric == {
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Dimensions": [{"Name": "ClusterName", "Value": "lab"}, {"Name": "ServiceName", "Value": "income"}],
    }


def test_lines_without_an_id_get_free_ones():
    widget = read_metric(metrics=[CPU, ["...", {"id": "line0"}], [{"expression": "line0 * 2"}]])

    assert [line.id for line in widget.lines] == ["line1", "line0", "line2"]
    assert widget.lines[2].expression == "line0 * 2"


def test_axes_thresholds_and_events_are_read():
    widget = read_metric(
        yAxis={"left": {"min": 0, "max": 100, "label": "%"}, "right": {"showUnits": False}},
        annotations={
            "horizontal": [
                {"value": 85, "label": "alarm", "fill": "above", "color": "#ff0000"},
                [{"value": 20, "yAxis": "right"}, {"value": 40}],
            ],
            "vertical": [{"value": "2026-11-23T08:00:00Z", "label": "deploy"}],
        },
    )

    alarm, band = widget.thresholds
    assert widget.axes == {"left": Axis(0, 100, "%"), "right": Axis()}
    assert (alarm.value, alarm.label, alarm.fill, alarm.colour, alarm.side) == (85, "alarm", "above", "#ff0000", "left")
    assert (band.value, band.until, band.side) == (20, 40, "right")
    assert widget.events[0].moment == datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_a_colour_is_a_hexadecimal_number_or_none():
    widget = read_metric(metrics=[CPU, ["...", {"color": "#ABC"}], ["...", {"color": 'red"><script>'}]])

    assert [line.colour for line in widget.lines] == [None, "#ABC", None]


def test_text_and_alarm_widgets_are_read():
    text, alarm = read(
        {"type": "text", "x": 1, "y": 2, "width": 3, "height": 4, "properties": {"markdown": "# Hello"}},
        {"type": "alarm", "properties": {"alarms": ["arn:a", "arn:b"]}},
    )

    assert text == TextWidget(Place(1, 2, 3, 4), "# Hello")
    assert isinstance(alarm, AlarmWidget)
    assert (alarm.title, alarm.alarms) == ("Alarms", ("arn:a", "arn:b"))


def test_a_type_or_view_that_is_not_drawn_says_so():
    log, pie = read({"type": "log", "properties": {"title": "Errors"}}, metric(view="pie"))

    assert isinstance(log, OtherWidget)
    assert isinstance(pie, OtherWidget)
    assert (log.title, log.why) == ("Errors", "widgets of type 'log' are not drawn here")
    assert pie.why == "the view 'pie' is not drawn here"


@pytest.mark.parametrize("widget", [{}, {"type": "text"}, "text", None, metric(metrics=[[]]), metric(period="soon")])
def test_one_unreadable_widget_leaves_the_others(widget: Any):
    broken, fine = read(widget, metric())

    assert isinstance(broken, OtherWidget)
    assert isinstance(fine, MetricWidget)


def test_widgets_without_a_place_stand_side_by_side_then_below():
    places = [widget.place for widget in read(*[metric() | {"width": 10, "height": 5}] * 3)]

    assert places == [Place(0, 0, 10, 5), Place(10, 0, 10, 5), Place(0, 5, 10, 5)]


def test_no_widget_reaches_beyond_the_24th_column():
    (widget,) = read(metric() | {"x": 20, "y": 0, "width": 30})

    assert widget.place == Place(0, 0, 24, 6)


@pytest.mark.parametrize(
    ("start", "span"),
    [
        ("-PT3H", timedelta(hours=3)),
        ("-P1DT30M", timedelta(days=1, minutes=30)),
        ("-P2W", timedelta(weeks=2)),
        ("2026-11-23T08:00:00Z", None),
        ("-P", None),
        (None, None),
    ],
)
def test_a_dashboard_says_how_far_it_looks_back(start: str | None, span: timedelta | None):
    assert parse(json.dumps({"start": start, "widgets": []})).span == span


@pytest.mark.parametrize("text", ["", "not json", "[1]", '{"widgets": 5}'])
def test_a_body_that_is_no_dashboard_is_refused(text: str):
    with pytest.raises(LabError, match="must be a JSON object"):
        parse(text)
