from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mlops_lab.localcloud.agent.observation import Service, Task
from mlops_lab.localcloud.agent.scheduler import Revert, Run, Stop, backoff, decide, failures

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
SERVICE = Service(
    cluster="c",
    name="api",
    desired=2,
    task_definition="api:2",
    deployment="ecs-svc/2",
    previous=None,
    network={},
    minimum_percent=100,
    maximum_percent=200,
    circuit_breaker=True,
    grace_seconds=10,
    load_balancing=(),
    propagate_tags="NONE",
)


def task(name: str, age: float = 100, **changes: object) -> Task:
    born = NOW - timedelta(seconds=age)
    running = Task(
        cluster="c",
        arn=f"arn:task/{name}",
        definition="api:2",
        group="service:api",
        started_by="ecs-svc/2",
        desired="RUNNING",
        last="RUNNING",
        stop_code=None,
        stopped_reason=None,
        created_at=born,
        started_at=born,
        stopped_at=None,
        overrides={},
        ports={},
    )
    return replace(running, **changes)


def failed(name: str, ago: float, lived: float = 1) -> Task:
    end = NOW - timedelta(seconds=ago)
    return task(
        name,
        last="STOPPED",
        desired="STOPPED",
        stop_code="EssentialContainerExited",
        started_at=end - timedelta(seconds=lived),
        stopped_at=end,
    )


def healthy(service: Service, each: Task) -> str:
    return "healthy" if each.last == "RUNNING" else "initial"


def old(name: str) -> Task:
    return task(name, started_by="ecs-svc/1", definition="api:1")


def test_missing_tasks_are_started():
    actions = decide(SERVICE, [task("a")], healthy, NOW)

    assert actions == [Run(SERVICE, 1)]


def test_a_service_that_has_what_it_wants_is_left_alone():
    actions = decide(SERVICE, [task("a"), task("b")], healthy, NOW)

    assert actions == []


def test_scale_in_stops_the_youngest_first():
    young = task("young", age=5)

    actions = decide(SERVICE, [task("a"), young, task("b")], healthy, NOW)

    assert [action.task for action in actions if isinstance(action, Stop)] == [young]


def test_scale_in_stops_what_does_not_serve_before_what_serves():
    starting = task("starting", age=500, last="PENDING")

    actions = decide(SERVICE, [task("a"), starting, task("b")], healthy, NOW)

    assert [action.task for action in actions if isinstance(action, Stop)] == [starting]


def test_a_new_deployment_starts_beside_the_old_tasks():
    actions = decide(SERVICE, [old("a"), old("b")], healthy, NOW)

    assert actions == [Run(SERVICE, 2)]


def test_old_tasks_stay_until_new_ones_are_healthy():
    tasks = [old("a"), old("b"), task("c"), task("d")]

    actions = decide(SERVICE, tasks, lambda _, each: "initial" if each.started_by == "ecs-svc/2" else "healthy", NOW)

    assert actions == []


def test_old_tasks_leave_as_new_ones_become_healthy():
    tasks = [old("a"), old("b"), task("c"), task("d")]
    one_is_ready = {"arn:task/a": "healthy", "arn:task/b": "healthy", "arn:task/c": "healthy"}

    actions = decide(SERVICE, tasks, lambda _, each: one_is_ready.get(each.arn, "initial"), NOW)

    assert [action.task.id for action in actions if isinstance(action, Stop)] == ["a"]


def test_a_deployment_limited_to_its_desired_count_makes_room_first():
    service = replace(SERVICE, minimum_percent=50, maximum_percent=100)

    actions = decide(service, [old("a"), old("b")], healthy, NOW)

    assert [type(action) for action in actions] == [Stop]


def test_desired_zero_stops_everything():
    service = replace(SERVICE, desired=0)

    actions = decide(service, [old("a"), task("b")], healthy, NOW)

    assert {action.task.id for action in actions if isinstance(action, Stop)} == {"a", "b"}
    assert not any(isinstance(action, Run) for action in actions)


def test_an_unhealthy_task_is_replaced_after_the_grace_period():
    sick = task("sick")

    actions = decide(SERVICE, [sick, task("b")], lambda _, each: "unhealthy" if each is sick else "healthy", NOW)

    assert actions == [Run(SERVICE, 1), Stop(sick, "Task failed ELB health checks in (service api)")]


def test_an_unhealthy_task_is_kept_during_the_grace_period():
    sick = task("sick", age=5)

    actions = decide(SERVICE, [sick, task("b")], lambda _, each: "unhealthy" if each is sick else "healthy", NOW)

    assert actions == []


def test_the_first_failure_is_replaced_at_once():
    actions = decide(SERVICE, [task("a"), failed("b", ago=0)], healthy, NOW)

    assert actions == [Run(SERVICE, 1)]


@pytest.mark.parametrize(("ago", "starts"), [(1.5, False), (2.5, True)])
def test_the_second_failure_in_a_row_waits_two_seconds(ago: float, starts: bool):
    tasks = [task("a"), failed("b", ago=ago), failed("c", ago=ago + 5)]

    actions = decide(SERVICE, tasks, healthy, NOW)

    assert bool(actions) is starts


def test_backoff_doubles_up_to_a_minute():
    assert [backoff(count) for count in (0, 1, 2, 3, 6, 7, 50)] == [0, 0, 2, 4, 32, 60, 60]


def test_a_task_that_lived_long_ends_a_row_of_failures():
    tasks = [failed("a", ago=300), failed("b", ago=200), failed("long", ago=100, lived=90), failed("c", ago=50)]

    row = failures(SERVICE, tasks)

    assert [each.id for each in row] == ["c"]


def test_a_task_stopped_by_a_user_is_no_failure():
    stopped = replace(failed("a", ago=10), stop_code="UserInitiated")

    assert failures(SERVICE, [stopped]) == []


def test_three_failures_of_a_new_deployment_revert_it():
    service = replace(SERVICE, previous="api:1")
    tasks = [old("a"), old("b"), *(failed(f"f{n}", ago=10 + n) for n in range(3))]

    actions = decide(service, tasks, healthy, NOW)

    assert actions == [Revert(service, "api:1")]


def test_a_deployment_that_serves_is_not_reverted():
    service = replace(SERVICE, previous="api:1")
    tasks = [old("a"), task("works"), *(failed(f"f{n}", ago=10 + n) for n in range(3))]

    actions = decide(service, tasks, healthy, NOW)

    assert not any(isinstance(action, Revert) for action in actions)
