"""A task's life."""

from datetime import UTC, datetime, timedelta
from typing import Any

from mlops_lab.localcloud.plane.extension.ecs.task import Container, Task

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(seconds=5)


def task(**fields: Any) -> Task:
    given: dict[str, Any] = {
        "task_arn": "arn:aws:ecs:us-east-1:123456789012:task/lab/1f",
        "cluster_name": "lab",
        "cluster_arn": "arn:aws:ecs:us-east-1:123456789012:cluster/lab",
        "task_definition_arn": "arn:aws:ecs:us-east-1:123456789012:task-definition/app:1",
        "family": "app",
        "group": "family:app",
        "started_by": "",
        "created_at": NOW,
        "containers": [Container("arn", "app", "app:v1"), Container("arn", "sidecar", "sidecar:v1")],
    }
    return Task(**given | fields)


def test_a_new_task_is_being_provisioned_and_is_to_run() -> None:
    shown = task().describe(with_tags=False)

    assert (shown["lastStatus"], shown["desiredStatus"]) == ("PROVISIONING", "RUNNING")
    assert "startedAt" not in shown
    assert "stopCode" not in shown


def test_a_stop_is_a_wish_until_the_agent_reports() -> None:
    stopped = task()

    stopped.stop("drill", NOW)

    assert (stopped.last_status, stopped.desired_status) == ("PROVISIONING", "STOPPED")
    assert (stopped.stop_code, stopped.stopped_reason) == ("UserInitiated", "drill")


def test_a_second_stop_does_not_change_the_reason() -> None:
    stopped = task()
    stopped.stop("first", NOW)

    stopped.stop("second", LATER)

    assert stopped.stopped_reason == "first"


def test_a_running_task_has_a_start_that_does_not_move() -> None:
    running = task()
    running.apply({"status": "RUNNING"}, NOW)

    running.apply({"status": "RUNNING"}, LATER)

    assert running.describe(with_tags=False)["startedAt"] == NOW


def test_the_agent_reports_each_container() -> None:
    reported = task()

    reported.apply(
        {
            "containers": [
                {
                    "containerName": "app",
                    "status": "RUNNING",
                    "runtimeId": "4711",
                    "networkBindings": [{"bindIP": "127.0.0.1", "containerPort": 80, "hostPort": 8123}],
                },
                {"containerName": "sidecar", "status": "STOPPED", "exitCode": 3, "reason": "Error"},
            ]
        },
        NOW,
    )

    app, sidecar = reported.describe(with_tags=False)["containers"]
    assert (app["lastStatus"], app["runtimeId"], app["networkBindings"][0]["hostPort"]) == ("RUNNING", "4711", 8123)
    assert (sidecar["lastStatus"], sidecar["exitCode"], sidecar["reason"]) == ("STOPPED", 3, "Error")


def test_a_task_that_never_started_failed_to_start() -> None:
    failed = task()

    failed.apply({"status": "STOPPED", "reason": "CannotPullContainerError: no such image"}, NOW)

    assert failed.stop_code == "TaskFailedToStart"
    assert failed.stopped_reason == "CannotPullContainerError: no such image"
    assert failed.has_failed


def test_a_task_that_ended_by_itself_lost_an_essential_container() -> None:
    ended = task()
    ended.apply({"status": "RUNNING"}, NOW)

    ended.apply({"status": "STOPPED"}, LATER)

    assert (ended.stop_code, ended.desired_status) == ("EssentialContainerExited", "STOPPED")
    assert [container.last_status for container in ended.containers] == ["STOPPED", "STOPPED"]


def test_the_reason_of_a_wished_stop_stays() -> None:
    stopped = task()
    stopped.stop("drill", NOW)

    stopped.apply({"status": "STOPPED", "reason": "exit 143"}, LATER)

    assert (stopped.stop_code, stopped.stopped_reason) == ("UserInitiated", "drill")
    assert not stopped.has_failed


def test_a_state_never_goes_back() -> None:
    stopped = task()
    stopped.apply({"status": "DEACTIVATING"}, NOW)

    stopped.apply({"status": "RUNNING"}, LATER)

    assert stopped.last_status == "DEACTIVATING"


def test_nothing_changes_after_the_end() -> None:
    stopped = task()
    stopped.apply({"status": "STOPPED"}, NOW)
    before = stopped.describe(with_tags=True)

    stopped.apply({"status": "RUNNING", "containers": [{"containerName": "app", "exitCode": 9}]}, LATER)

    assert stopped.describe(with_tags=True) == before


def test_a_stopped_task_is_remembered_for_an_hour() -> None:
    stopped = task()
    stopped.apply({"status": "STOPPED"}, NOW)

    assert not stopped.is_forgotten(NOW + timedelta(minutes=59))
    assert stopped.is_forgotten(NOW + timedelta(minutes=61))
