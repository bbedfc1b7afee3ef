from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mlops_lab.localcloud.plane.extension.cost_meter import Meter, UnsupportedError
from mlops_lab.localcloud.plane.extension.ecs.runs import Run, run_of
from mlops_lab.localcloud.plane.extension.ecs.task import Task

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 24)
HOUR = 0.25 * 0.04048 + 0.5 * 0.004445  # USD: a quarter vCPU and half a GB at Fargate's list prices


def ran(hours: float, start: datetime = NOON, arm: bool = False, **tags: str) -> Run:
    return Run(start, start + timedelta(hours=hours), 0.25, 0.5, arm, tuple(tags.items()))


def request(start: str = "2026-11-23", end: str = "2026-11-24", **more: Any) -> dict[str, Any]:
    asked = {"TimePeriod": {"Start": start, "End": end}, "Granularity": "DAILY", "Metrics": ["UnblendedCost"]}
    return asked | more


def usd(result: dict[str, Any]) -> float:
    return float(result["Total"]["UnblendedCost"]["Amount"])


def by_group(answer: dict[str, Any]) -> dict[str, float]:
    return {
        each["Keys"][0]: float(each["Metrics"]["UnblendedCost"]["Amount"])
        for each in answer["ResultsByTime"][0]["Groups"]
    }


def test_hours_of_tasks_are_charged_at_the_list_price() -> None:
    answer = Meter([ran(2), ran(1)]).answer(request(), TODAY)

    assert usd(answer["ResultsByTime"][0]) == pytest.approx(3 * HOUR)


def test_nothing_ran_costs_nothing() -> None:
    answer = Meter([]).answer(request(), TODAY)

    assert usd(answer["ResultsByTime"][0]) == 0


def test_a_run_over_midnight_is_charged_to_both_days() -> None:
    answer = Meter([ran(4, NOON + timedelta(hours=11))]).answer(request(end="2026-11-25"), TODAY)

    assert [usd(each) for each in answer["ResultsByTime"]] == pytest.approx([HOUR, 3 * HOUR])


def test_a_day_that_is_not_over_is_estimated() -> None:
    answer = Meter([]).answer(request(end="2026-11-25"), TODAY)

    assert [each["Estimated"] for each in answer["ResultsByTime"]] == [False, True]


def test_a_month_is_one_period() -> None:
    answer = Meter([ran(1)]).answer(request("2026-11-01", "2026-12-01", Granularity="MONTHLY"), TODAY)

    assert [usd(each) for each in answer["ResultsByTime"]] == pytest.approx([HOUR])


def test_arm_is_charged_at_its_own_price() -> None:
    answer = Meter([ran(1, arm=True)]).answer(request(), TODAY)

    assert usd(answer["ResultsByTime"][0]) == pytest.approx(0.25 * 0.03238 + 0.5 * 0.00356)


def test_an_active_tag_groups_and_what_lacks_it_stands_under_no_value() -> None:
    asked = request(GroupBy=[{"Type": "TAG", "Key": "Service"}])

    found = by_group(Meter([ran(1, Service="income"), ran(2)], active=["Service"]).answer(asked, TODAY))

    assert found == {"Service$": pytest.approx(2 * HOUR), "Service$income": pytest.approx(HOUR)}


def test_a_tag_that_is_not_active_tells_nothing_apart() -> None:
    asked = request(GroupBy=[{"Type": "TAG", "Key": "Service"}])

    found = by_group(Meter([ran(1, Service="income")]).answer(asked, TODAY))

    assert list(found) == ["Service$"]


def test_a_filter_by_tag_leaves_the_rest_out() -> None:
    wanted = {"Not": {"Tags": {"Key": "Project", "Values": ["other"]}}}
    asked = request(Filter={"And": [wanted, {"Dimensions": {"Key": "USAGE_TYPE", "Values": ["Fargate-GB-Hours"]}}]})
    meter = Meter([ran(1, Project="lab"), ran(1, Project="other")], active=["Project"])

    answer = meter.answer(asked, TODAY)

    assert usd(answer["ResultsByTime"][0]) == pytest.approx(0.5 * 0.004445)


@pytest.mark.parametrize(
    "more",
    [
        {"Granularity": "HOURLY"},
        {"Metrics": ["NormalizedUsageAmount"]},
        {"GroupBy": [{"Type": "DIMENSION", "Key": "AZ"}]},
        {"Filter": {"CostCategories": {"Key": "a", "Values": ["b"]}}},
    ],
)
def test_what_is_not_metered_is_refused_and_not_invented(more: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedError):
        Meter([ran(1)]).answer(request(**more), TODAY)


def task(**times: datetime) -> Task:
    found = Task("arn:task/1", "c", "arn:c", "arn:d", "f", "g", "", NOON, [], cpu="256", memory="512")
    found.times.update(times)
    return found


def test_a_task_is_billed_from_its_pull_to_its_end_and_a_minute_at_least() -> None:
    stopped = task(pullStartedAt=NOON, stoppedAt=NOON + timedelta(seconds=5))
    running = task(pullStartedAt=NOON)

    assert run_of(stopped, None, NOON + timedelta(hours=1)) == ran(1 / 60)
    assert run_of(running, None, NOON + timedelta(hours=1)) == ran(1)


def test_a_task_that_never_pulled_its_image_is_not_billed() -> None:
    assert run_of(task(), None, NOON) is None
