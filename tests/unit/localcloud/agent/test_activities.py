from pathlib import Path

import pytest

from mlops_lab.localcloud.agent.activities import MOST_ACTIVITIES, PATIENCE, Activities
from mlops_lab.localcloud.agent.scaling import Decision, Last
from mlops_lab.localcloud.agent.tracking import Tracking

SERVICE = "service/main/app"
CPU = Tracking("cpu", "arn:cpu", SERVICE, 60.0, {"Statistic": "Average"}, 60, 120, True)
TO_THREE = Decision(3, CPU, CPU.high_alarm)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "activities.json"


def test_an_activity_is_worded_as_on_aws(path: Path):
    activities = Activities(path)

    activities.begin(SERVICE, 1, TO_THREE, 100.0)
    activities.observe(SERVICE, desired=3, running=3, now=110.0)

    (shown,) = activities.shown("ecs")
    assert shown["Description"] == "Setting desired count to 3."
    assert shown["Cause"] == f"monitor alarm {CPU.high_alarm} in state ALARM triggered policy cpu"
    assert shown["StatusMessage"] == "Successfully set desired count to 3. Change successfully fulfilled by ecs."
    assert (shown["StartTime"], shown["EndTime"], shown["StatusCode"]) == (100.0, 110.0, "Successful")


def test_the_cool_down_begins_when_the_tasks_run(path: Path):
    activities = Activities(path)
    activities.begin(SERVICE, 1, TO_THREE, 100.0)

    activities.observe(SERVICE, desired=3, running=2, now=105.0)
    assert activities.last(SERVICE) == Last(1, 3, None)

    activities.observe(SERVICE, desired=3, running=3, now=110.0)
    assert activities.last(SERVICE) == Last(1, 3, 110.0)


def test_activities_outlive_a_restart(path: Path):
    Activities(path).begin(SERVICE, 1, TO_THREE, 100.0)

    assert Activities(path).last(SERVICE) == Last(1, 3, None)


def test_tasks_that_do_not_come_do_not_hold_scaling_for_ever(path: Path):
    activities = Activities(path)
    activities.begin(SERVICE, 1, TO_THREE, 100.0)

    activities.observe(SERVICE, desired=3, running=1, now=101.0 + PATIENCE)

    assert activities.shown("ecs")[0]["StatusCode"] == "Unfulfilled"


def test_a_count_that_somebody_else_sets_ends_the_activity(path: Path):
    activities = Activities(path)
    activities.begin(SERVICE, 1, TO_THREE, 100.0)

    activities.observe(SERVICE, desired=2, running=2, now=101.0)

    assert activities.shown("ecs")[0]["StatusCode"] == "Overridden"


def test_services_do_not_see_each_other_s_activities(path: Path):
    activities = Activities(path)
    activities.begin(SERVICE, 1, TO_THREE, 100.0)

    assert activities.last("service/main/other") is None
    assert activities.shown("dynamodb") == []


def test_the_file_holds_the_newest_activities_only(path: Path):
    activities = Activities(path)
    for number in range(MOST_ACTIVITIES + 5):
        activities.begin(SERVICE, 1, TO_THREE, float(number))

    shown = Activities(path).shown("ecs")
    assert (len(shown), shown[-1]["StartTime"]) == (MOST_ACTIVITIES, MOST_ACTIVITIES + 4)
