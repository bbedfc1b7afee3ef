"""A service's deployments and counts."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mlops_lab.localcloud.plane.extension.ecs.service import DEPLOYMENT_CONFIGURATION, SETTINGS, Service
from mlops_lab.localcloud.plane.extension.ecs.task import Container, Task

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def service() -> Service:
    made = Service(
        arn="arn:aws:ecs:us-east-1:123456789012:service/lab/app",
        name="app",
        cluster_name="lab",
        cluster_arn="arn:aws:ecs:us-east-1:123456789012:cluster/lab",
        task_definition="app:1",
        desired_count=2,
        created_at=NOW,
        settings=SETTINGS | {"deploymentConfiguration": DEPLOYMENT_CONFIGURATION},
        deployment_controller={"type": "ECS"},
        scheduling_strategy="REPLICA",
        role_arn=None,
        tags=[],
    )
    made.deploy("ecs-svc/1", NOW)
    return made


def task(started_by: str = "ecs-svc/1", status: str = "RUNNING", **fields: Any) -> Task:
    made = Task(
        task_arn="arn",
        cluster_name="lab",
        cluster_arn="cluster",
        task_definition_arn="app:1",
        family="app",
        group="service:app",
        started_by=started_by,
        created_at=NOW,
        containers=[Container("arn", "app", "app:v1")],
        **fields,
    )
    if status == "STOPPED":
        made.apply({"status": "RUNNING"}, NOW)
    made.apply({"status": status}, NOW)
    return made


def deployments(service: Service, tasks: list[Task]) -> list[tuple[str, str, str, int]]:
    shown = service.describe(tasks, with_tags=False)["deployments"]
    return [(each["id"], each["status"], each["rolloutState"], each["runningCount"]) for each in shown]


def test_counts_are_the_tasks(service: Service) -> None:
    tasks = [task(), task(status="PENDING"), task(status="STOPPED")]

    shown = service.describe(tasks, with_tags=False)

    assert (shown["desiredCount"], shown["runningCount"], shown["pendingCount"]) == (2, 1, 1)
    assert shown["deployments"][0]["failedTasks"] == 1


def test_a_rollout_is_complete_when_its_tasks_run(service: Service) -> None:
    service.settle([task()], NOW)
    halfway = deployments(service, [task()])

    service.settle([task(), task()], NOW)

    assert halfway == [("ecs-svc/1", "PRIMARY", "IN_PROGRESS", 1)]
    assert deployments(service, [task(), task()]) == [("ecs-svc/1", "PRIMARY", "COMPLETED", 2)]


def test_a_completed_rollout_stays_completed_when_a_task_dies(service: Service) -> None:
    service.settle([task(), task()], NOW)

    service.settle([task(), task(status="STOPPED")], NOW)

    assert deployments(service, [task()])[0][2] == "COMPLETED"


def test_a_new_task_definition_needs_a_deployment(service: Service) -> None:
    assert service.change({"taskDefinition": "app:2"})
    assert not service.change({"taskDefinition": "app:2", "desiredCount": 5})
    assert service.desired_count == 5


def test_a_deployment_can_be_forced(service: Service) -> None:
    assert service.change({"forceNewDeployment": True})


def test_what_an_update_does_not_mention_stays(service: Service) -> None:
    service.change({"healthCheckGracePeriodSeconds": 30, "deploymentConfiguration": {"maximumPercent": 150}})

    service.change({"desiredCount": 0})

    shown = service.describe([], with_tags=False)
    assert shown["healthCheckGracePeriodSeconds"] == 30
    assert shown["deploymentConfiguration"] == DEPLOYMENT_CONFIGURATION | {"maximumPercent": 150}
    assert shown["desiredCount"] == 0


def test_an_older_deployment_is_shown_while_it_has_tasks(service: Service) -> None:
    service.change({"taskDefinition": "app:2"})
    service.deploy("ecs-svc/2", NOW + timedelta(seconds=1))
    both = [task("ecs-svc/1"), task("ecs-svc/2"), task("ecs-svc/2")]

    service.settle(both, NOW)
    during = deployments(service, both)
    service.settle(both[1:], NOW)

    assert during == [("ecs-svc/2", "PRIMARY", "IN_PROGRESS", 2), ("ecs-svc/1", "ACTIVE", "IN_PROGRESS", 1)]
    assert deployments(service, both[1:]) == [("ecs-svc/2", "PRIMARY", "COMPLETED", 2)]


def test_a_deleted_service_drains_and_is_then_inactive(service: Service) -> None:
    service.is_deleted = True

    service.settle([task()], NOW)
    draining = service.status
    service.settle([task(status="STOPPED")], NOW)

    assert (draining, service.status) == ("DRAINING", "INACTIVE")
    assert service.describe([], with_tags=False)["deployments"] == []
