"""Schedules fire once for each due time, whatever happens to the agent in between."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mlops_lab.errors import LabError
from mlops_lab.localcloud.agent.schedules import Schedules

BEGIN = datetime(2026, 11, 23, 12, tzinfo=UTC)
MINUTE, SECOND = timedelta(minutes=1), timedelta(seconds=1)


class Cloud:
    """Scheduler and CloudWatch, as far as schedules need them."""

    def __init__(self, **schedule: Any):
        self.schedules = {
            "job": {
                "Name": "job",
                "GroupName": "lab",
                "Arn": "arn:job",
                "State": "ENABLED",
                "ScheduleExpression": "rate(1 hour)",
                "CreationDate": BEGIN,
                "LastModificationDate": BEGIN,
                "Target": {"Arn": "target", "RoleArn": "role", "RetryPolicy": {"MaximumRetryAttempts": 2}},
                **schedule,
            }
        }
        self.counted: list[tuple[str, float]] = []

    def get_paginator(self, name: str) -> "Cloud":
        assert name == "list_schedules"
        return self

    def paginate(self) -> Iterator[dict[str, Any]]:
        yield {"Schedules": list(self.schedules.values())}

    def get_schedule(self, Name: str, GroupName: str) -> dict[str, Any]:
        return self.schedules[Name]

    def delete_schedule(self, Name: str, GroupName: str) -> None:
        del self.schedules[Name]

    def put_metric_data(self, Namespace: str, MetricData: Any) -> None:
        assert Namespace == "AWS/Scheduler"
        self.counted += [(each["MetricName"], each["Value"]) for each in MetricData]


class Target:
    """What is invoked; it may fail at first."""

    def __init__(self, failures: int = 0):
        self.failures, self.calls = failures, 0

    def __call__(self, schedule: Any) -> None:
        self.calls += 1
        if self.calls <= self.failures:
            raise LabError("the cluster is away")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "schedules.json"


def test_a_due_time_is_fired_once(path: Path) -> None:
    cloud, target = Cloud(), Target()
    schedules = Schedules(cloud, cloud, target, path)

    fired = [schedules.step(BEGIN + each * MINUTE) for each in (0, 59, 60, 61, 120)]

    assert fired == [False, False, True, False, True]
    assert target.calls == 2


def test_an_agent_that_was_started_again_repeats_nothing(path: Path) -> None:
    cloud, target = Cloud(), Target()
    Schedules(cloud, cloud, target, path).step(BEGIN + 60 * MINUTE)

    Schedules(cloud, cloud, target, path).step(BEGIN + 61 * MINUTE)

    assert target.calls == 1


def test_what_was_due_while_the_cloud_was_down_is_fired_and_a_backlog_once(path: Path) -> None:
    cloud, target = Cloud(), Target()
    schedules = Schedules(cloud, cloud, target, path)

    schedules.step(BEGIN + timedelta(hours=5, minutes=30))

    assert target.calls == 1
    assert cloud.counted == [("InvocationDroppedCount", 4), ("InvocationAttemptCount", 1)]


def test_an_invocation_that_broke_off_is_made_again(path: Path) -> None:
    cloud = Cloud()

    def killed(schedule: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Schedules(cloud, cloud, killed, path).step(BEGIN + 60 * MINUTE)
    target = Target()
    Schedules(cloud, cloud, target, path).step(BEGIN + 61 * MINUTE)

    assert target.calls == 1


def test_a_target_that_fails_is_tried_again_later_and_given_up_after_its_retries(path: Path) -> None:
    cloud, target = Cloud(), Target(failures=99)
    schedules = Schedules(cloud, cloud, target, path)

    for seconds in range(0, 60, 1):
        schedules.step(BEGIN + 60 * MINUTE + seconds * SECOND)

    assert target.calls == 3
    names = [name for name, _ in cloud.counted]
    assert (names.count("TargetErrorCount"), names.count("InvocationDroppedCount")) == (3, 1)


def test_a_target_that_failed_once_is_fired(path: Path) -> None:
    cloud, target = Cloud(), Target(failures=1)
    schedules = Schedules(cloud, cloud, target, path)

    for seconds in range(10):
        schedules.step(BEGIN + 60 * MINUTE + seconds * SECOND)

    assert target.calls == 2


def test_what_is_older_than_the_target_allows_is_not_fired(path: Path) -> None:
    cloud, target = Cloud(ScheduleExpression="at(2026-11-23T13:00:00)"), Target()
    cloud.schedules["job"]["Target"]["RetryPolicy"]["MaximumEventAgeInSeconds"] = 600

    Schedules(cloud, cloud, target, path).step(BEGIN + timedelta(hours=3))

    assert target.calls == 0


def test_a_schedule_for_one_moment_is_deleted_where_it_says_so(path: Path) -> None:
    cloud, target = Cloud(ScheduleExpression="at(2026-11-23T12:10:00)", ActionAfterCompletion="DELETE"), Target()
    schedules = Schedules(cloud, cloud, target, path)

    schedules.step(BEGIN + 10 * MINUTE)

    assert (target.calls, cloud.schedules) == (1, {})


@pytest.mark.parametrize(
    "change",
    [{"State": "DISABLED"}, {"EndDate": BEGIN + 30 * MINUTE}, {"StartDate": BEGIN + 60 * MINUTE}],
)
def test_a_schedule_out_of_force_is_not_fired(path: Path, change: dict[str, Any]) -> None:
    cloud, target = Cloud(**change), Target()

    Schedules(cloud, cloud, target, path).step(BEGIN + 90 * MINUTE)

    assert target.calls == 0


def test_a_schedule_that_was_moved_is_due_at_its_new_time_alone(path: Path) -> None:
    cloud, target = Cloud(ScheduleExpression="at(2026-11-23T12:10:00)"), Target()
    schedules = Schedules(cloud, cloud, target, path)
    schedules.step(BEGIN + 5 * MINUTE)
    moved = {"ScheduleExpression": "at(2026-11-23T12:20:00)", "LastModificationDate": BEGIN + 6 * MINUTE}
    cloud.schedules["job"] |= moved

    fired = [schedules.step(BEGIN + each * MINUTE) for each in (11, 21)]

    assert fired == [False, True]


def test_an_unreadable_schedule_is_named_and_keeps_no_other_from_being_fired(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cloud, target = Cloud(ScheduleExpression="now and then"), Target()
    cloud.schedules["other"] = Cloud().schedules["job"] | {"Name": "other", "Arn": "arn:other"}

    Schedules(cloud, cloud, target, path).step(BEGIN + 60 * MINUTE)

    assert "schedule job: now and then" in caplog.text
    assert target.calls == 1
