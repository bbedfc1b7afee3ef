from datetime import UTC, datetime
from typing import Any

from mlops_lab.reporting.dashboard.query import alarm_lines, queries, series, span
from mlops_lab.reporting.dashboard.widget import Line, MetricWidget, Place

PLACE = Place(0, 0, 6, 6)
EIGHT = datetime(2026, 11, 23, 8, tzinfo=UTC)


def line(key: str, service: str = "income", name: str = "CPUUtilization", **options: Any) -> Line:
    dimensions = [{"Name": "ClusterName", "Value": "lab"}, {"Name": "ServiceName", "Value": service}]
    return Line(key, "Average", 60, {"Namespace": "AWS/ECS", "MetricName": name, "Dimensions": dimensions}, **options)


def result(key: str, *values: float, label: str = "x") -> dict[str, Any]:
    moments = [EIGHT.replace(minute=minute) for minute in range(len(values))]
    return {"Id": key, "Label": label, "Timestamps": moments, "Values": list(values), "StatusCode": "Complete"}


def test_a_metric_and_an_expression_become_queries():
    hidden = line("a", visible=False)

    asked = queries([hidden, Line("b", "Sum", 60, expression="a * 2", label="double")])

    assert asked == [
        {"Id": "a", "ReturnData": False, "MetricStat": {"Metric": hidden.metric, "Period": 60, "Stat": "Average"}},
        {"Id": "b", "ReturnData": True, "Expression": "a * 2", "Period": 60, "Label": "double"},
    ]


def test_only_periods_that_lie_within_and_have_ended_are_asked_for():
    widget = MetricWidget(PLACE, "", (line("a"),))

    first, last = span(widget, EIGHT.replace(second=10), EIGHT.replace(minute=5, second=50))

    assert (first.minute, first.second, last.minute, last.second) == (1, 0, 5, 0)


def test_a_live_widget_asks_for_the_running_period_too():
    widget = MetricWidget(PLACE, "", (line("a"),), live=True)

    _, last = span(widget, EIGHT, EIGHT.replace(minute=5, second=50))

    assert (last.minute, last.second) == (6, 0)


def test_series_keep_the_order_of_the_lines_and_leave_hidden_ones_out():
    lines = [line("b", label="second"), line("h", visible=False), line("a", label="first")]

    found = series(lines, [result("a", 1, label="first"), result("b", 2, label="second")])

    assert [(each.label, each.values) for each in found] == [("second", [2]), ("first", [1])]


def test_the_pages_of_one_result_are_one_series_in_order_of_time():
    one, other = result("a", 1, 2), result("a", 3)
    other["Timestamps"] = [EIGHT.replace(hour=7)]

    (found,) = series([line("a")], [one, other])

    assert found.values == [3, 1, 2]
    assert found.moments == sorted(found.moments)


def test_the_results_of_a_search_are_a_series_each():
    search = Line("s", "Average", 60, expression="SEARCH(...)")

    found = series([search], [result("s", 1, label="income"), result("s", 2, label="taxi")])

    assert [each.label for each in found] == ["income", "taxi"]


def test_a_line_without_an_answer_is_an_empty_series():
    (found,) = series([line("a")], [])

    assert (found.label, found.values) == ("CPUUtilization", [])


def test_lines_are_named_by_what_tells_them_apart():
    by_service = series([line("a"), line("b", "taxi")], [])
    by_metric = series([line("a"), line("b", name="MemoryUtilization")], [])

    assert [each.label for each in by_service] == ["income", "taxi"]
    assert [each.label for each in by_metric] == ["CPUUtilization", "MemoryUtilization"]


def test_a_label_is_shown_as_cloudwatch_resolved_it():
    (found,) = series([line("a", label="${LAST}")], [result("a", 7, label="7.0")])

    assert found.label == "7.0"


def test_an_alarm_is_shown_by_its_metric_and_threshold():
    alarm = {
        "AlarmName": "cpu",
        "Namespace": "AWS/ECS",
        "MetricName": "CPUUtilization",
        "Dimensions": [],
        "ExtendedStatistic": "p90",
        "Period": 60,
        "Threshold": 85.0,
    }

    (found,), (limit,) = alarm_lines(alarm)

    assert (found.stat, found.period, limit.value, limit.label) == ("p90", 60, 85, "cpu")


def test_an_alarm_on_an_expression_is_shown_by_its_queries():
    stat = {"Metric": line("e").metric, "Period": 60, "Stat": "Sum"}
    alarm = {
        "AlarmName": "share",
        "Threshold": 5.0,
        "Metrics": [
            {"Id": "share", "Expression": "e * 100", "Label": "share"},
            {"Id": "e", "MetricStat": stat, "ReturnData": False},
        ],
    }

    (share, errors), _ = alarm_lines(alarm)

    assert (share.expression, share.visible, errors.stat, errors.visible) == ("e * 100", True, "Sum", False)
