import json

from tests.unit.localcloud.agent.test_alarms import alarm

from mlops_lab.localcloud.agent.alarm_reason import reason, reason_data
from mlops_lab.localcloud.agent.alarms import Verdict

NOON = 1_664_131_740  # 25 September 2022, 18:49 UTC


def verdict(state: str, values: tuple[tuple[int, float], ...], filled: int = 0, **changes: object) -> Verdict:
    return Verdict(alarm(**changes), state, values, filled)


def test_one_point_over_the_threshold_reads_as_on_aws():
    found = verdict("ALARM", ((NOON, 6.0),), evaluation_periods=1, datapoints_to_alarm=1)

    assert reason(found) == (
        "Threshold Crossed: 1 out of the last 1 datapoints [6.0 (25/09/22 18:49:00)] was greater than the threshold "
        "(5.0) (minimum 1 datapoint for OK -> ALARM transition)."
    )


def test_one_point_under_the_threshold_reads_as_on_aws():
    found = verdict(
        "OK", ((NOON, 0.0),), evaluation_periods=1, datapoints_to_alarm=1, comparison="GreaterThanOrEqualToThreshold"
    )

    assert reason(found) == (
        "Threshold Crossed: 1 out of the last 1 datapoints [0.0 (25/09/22 18:49:00)] was not greater than or equal to "
        "the threshold (5.0) (minimum 1 datapoint for ALARM -> OK transition)."
    )


def test_only_the_points_that_decided_are_told_the_newest_first():
    found = verdict("ALARM", ((NOON, 7.0), (NOON + 60, 1.0), (NOON + 120, 8.0)), datapoints_to_alarm=2)

    assert reason(found) == (
        "Threshold Crossed: 2 out of the last 3 datapoints [8.0 (25/09/22 18:51:00), 7.0 (25/09/22 18:49:00)] were "
        "greater than the threshold (5.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )


def test_no_points_read_as_on_aws():
    breaching = verdict("ALARM", (), filled=2, missing="breaching")
    harmless = verdict("OK", (), filled=1, missing="notBreaching")

    assert reason(breaching) == (
        "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as "
        "[Breaching]."
    )
    assert reason(harmless) == (
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
        "[NonBreaching]."
    )


def test_too_little_data_reads_as_on_aws():
    assert reason(verdict("INSUFFICIENT_DATA", (), filled=1)) == "Insufficient Data: 1 datapoint was unknown."
    assert reason(verdict("INSUFFICIENT_DATA", (), filled=3)) == "Insufficient Data: 3 datapoints were unknown."


def test_the_reason_data_name_what_was_evaluated():
    found = json.loads(reason_data(verdict("ALARM", ((NOON, 7.0), (NOON + 60, 8.0))), NOON + 121))

    assert found["queryDate"] == "2022-09-25T18:51:01.000+0000"
    assert found["startDate"] == "2022-09-25T18:49:00.000+0000"
    assert found["recentDatapoints"] == [7.0, 8.0]
    assert found["evaluatedDatapoints"][0] == {"timestamp": "2022-09-25T18:50:00.000+0000", "value": 8.0}
    assert (found["statistic"], found["period"], found["threshold"]) == ("Sum", 10, 5.0)


def test_points_that_were_filled_in_are_told_beside_those_that_exist():
    values = ((NOON, 6.0),)

    assert "and 2 missing datapoints were treated as [Breaching]" in reason(
        verdict("ALARM", values, filled=2, missing="breaching")
    )
    assert "missing datapoint" not in reason(verdict("ALARM", values, filled=2, missing="missing"))
