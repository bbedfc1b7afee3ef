import pytest

from mlops_lab.localcloud.agent.alarms import Alarm, evaluate, from_description, judge

# "Configuring how CloudWatch alarms treat missing data",
# docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html: both tables, periods 3,
# evaluation range 5. X is breaching, 0 is not, - is missing; the states for missing, ignore, breaching, notBreaching.
THREE_OF_THREE = {
    "0 - X - X": ("OK", "OK", "OK", "OK"),
    "0 - - - -": ("OK", "OK", "OK", "OK"),
    "- - - - -": ("INSUFFICIENT_DATA", None, "ALARM", "OK"),
    "0 X X - X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "- - X - -": ("ALARM", None, "ALARM", "OK"),
}
TWO_OF_THREE = {
    "0 - X - X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "0 0 X 0 X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "0 - X - -": ("OK", "OK", "ALARM", "OK"),
    "- - - - 0": ("OK", "OK", "ALARM", "OK"),
    "- - - X -": ("ALARM", None, "ALARM", "OK"),
}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
CASES = [
    (points, to_alarm, treatment, state)
    for to_alarm, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for points, states in table.items()
    for treatment, state in zip(TREATMENTS, states, strict=True)
]


def points(text: str) -> list[bool | None]:
    return [{"X": True, "0": False, "-": None}[each] for each in text.split()]


def alarm(**changes: object) -> Alarm:
    known = {
        "name": "a",
        "state": "OK",
        "threshold": 5.0,
        "comparison": "GreaterThanThreshold",
        "period": 10,
        "evaluation_periods": 3,
        "datapoints_to_alarm": 3,
        "missing": "missing",
        "queries": (),
        "statistic": "Sum",
    }
    return Alarm(**known | changes)


@pytest.mark.parametrize(("text", "to_alarm", "treatment", "state"), CASES)
def test_missing_data_are_treated_as_aws_documents(text: str, to_alarm: int, treatment: str, state: str | None):
    assert judge(points(text), 3, to_alarm, treatment) == state


@pytest.mark.parametrize("text", ["- - - - X", "- - - X -"])
def test_a_late_breaching_point_alone_does_not_set_off_an_alarm_of_three(text: str):
    assert judge(points(text), 3, 3, "missing") is None


def test_the_newest_whole_periods_decide():
    values = {0: 9.0, 10: 9.0, 20: 1.0, 30: 9.0, 40: 9.0, 50: 9.0, 60: 0.0}

    verdict = evaluate(alarm(), values, end=60)

    assert verdict.state == "ALARM"
    assert verdict.values == ((30, 9.0), (40, 9.0), (50, 9.0))


def test_a_retained_state_is_the_alarm_s_own():
    verdict = evaluate(alarm(state="ALARM", missing="ignore"), {}, end=60)

    assert (verdict.state, verdict.values, verdict.filled) == ("ALARM", (), 3)


def test_a_point_older_than_the_range_does_not_count():
    assert evaluate(alarm(evaluation_periods=1, datapoints_to_alarm=1), {0: 9.0}, end=40).state == "INSUFFICIENT_DATA"
    assert evaluate(alarm(evaluation_periods=1, datapoints_to_alarm=1), {10: 9.0}, end=40).state == "ALARM"


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", [6]),
        ("GreaterThanOrEqualToThreshold", [5, 6]),
        ("LessThanThreshold", [4]),
        ("LessThanOrEqualToThreshold", [4, 5]),
    ],
)
def test_values_are_compared_with_the_threshold_as_the_operator_says(comparison: str, breaching: list[int]):
    assert [value for value in (4, 5, 6) if alarm(comparison=comparison).is_breaching(value)] == breaching


DESCRIBED = {
    "AlarmName": "a",
    "StateValue": "OK",
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 3,
    "MetricName": "m",
    "Namespace": "n",
    "Dimensions": [],
    "Statistic": "Sum",
    "Period": 10,
}


def test_a_described_alarm_needs_all_its_periods_unless_it_says_otherwise():
    assert from_description(DESCRIBED).datapoints_to_alarm == 3
    assert from_description(DESCRIBED | {"DatapointsToAlarm": 1}).datapoints_to_alarm == 1


def test_a_percentile_is_asked_for_as_a_statistic():
    described = {key: value for key, value in DESCRIBED.items() if key != "Statistic"}

    (query,) = from_description(described | {"ExtendedStatistic": "p99"}).queries

    assert query["MetricStat"]["Stat"] == "p99"


def test_metric_math_is_evaluated_where_one_query_returns_data():
    stat = {"Metric": {"Namespace": "n", "MetricName": "m"}, "Period": 30, "Stat": "Sum"}
    metrics = [
        {"Id": "a", "MetricStat": stat, "ReturnData": False},
        {"Id": "e", "Expression": "a*2", "ReturnData": True},
    ]
    described = {key: DESCRIBED[key] for key in DESCRIBED if key not in ("MetricName", "Period", "Statistic")}

    found = from_description(described | {"Metrics": metrics})

    assert (found.period, found.statistic, len(found.queries)) == (30, None, 2)
    assert from_description(described | {"Metrics": [*metrics, {"Id": "f", "Expression": "a"}]}) is None


def test_an_alarm_on_an_anomaly_band_is_not_evaluated():
    assert from_description(DESCRIBED | {"ComparisonOperator": "GreaterThanUpperThreshold"}) is None
