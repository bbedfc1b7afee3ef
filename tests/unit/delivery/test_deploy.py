from typing import Any

import httpx
import pytest

from mlops_lab.delivery import deploy as delivery
from mlops_lab.delivery.deploy import Release, deploy, released
from mlops_lab.errors import LabError

RELEASE = Release("registry/app@sha256:2", "s3://models/income/2/", "b" * 64, "2")
DEFINITION = {
    "taskDefinitionArn": "arn:td/mlops-lab-income-stable:1",
    "family": "mlops-lab-income-stable",
    "revision": 1,
    "status": "ACTIVE",
    "cpu": "256",
    "containerDefinitions": [
        {"name": "api", "image": "registry/app:bootstrap", "environment": [{"name": "PROJECT", "value": "income"}]}
    ],
}


class FakeEcs:
    """A service that takes whatever is deployed, with tasks that run or fail."""

    def __init__(self, failing: int = 0, exists: bool = True) -> None:
        self.definitions = {DEFINITION["taskDefinitionArn"]: DEFINITION}
        self.current = DEFINITION["taskDefinitionArn"]
        self.desired = 0
        self.failing = failing
        self.exists = exists

    def describe_services(self, cluster: str, services: list[str]) -> dict[str, Any]:
        service = {
            "status": "ACTIVE",
            "taskDefinition": self.current,
            "desiredCount": self.desired,
            "runningCount": 0 if self.failing else self.desired,
            "deployments": [{"id": "1"}],
        }
        return {"services": [service] if self.exists else []}

    def describe_task_definition(self, taskDefinition: str) -> dict[str, Any]:
        newest = list(self.definitions)[-1]
        return {
            "taskDefinition": self.definitions[newest if taskDefinition == DEFINITION["family"] else taskDefinition]
        }

    def register_task_definition(self, **definition: Any) -> dict[str, Any]:
        arn = f"arn:td/mlops-lab-income-stable:{len(self.definitions) + 1}"
        self.definitions[arn] = {**definition, "taskDefinitionArn": arn}
        return {"taskDefinition": self.definitions[arn]}

    def update_service(self, cluster: str, service: str, taskDefinition: str, desiredCount: int) -> None:
        self.current, self.desired = taskDefinition, desiredCount

    def list_tasks(self, cluster: str, serviceName: str, desiredStatus: str) -> dict[str, Any]:
        return {"taskArns": [f"t{n}" for n in range(self.failing)]}

    def describe_tasks(self, cluster: str, tasks: list[str]) -> dict[str, Any]:
        task = {
            "taskDefinitionArn": self.current,
            "stoppedReason": "Essential container in task exited",
            "containers": [{"exitCode": 1}],
        }
        return {"tasks": [task] * len(tasks)}


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> None:
    """A balancer behind which the release's bundle answers."""
    answer = httpx.Response(200, json={"bundle_sha256": RELEASE.bundle_sha256})
    monkeypatch.setattr(delivery.httpx, "get", lambda url, timeout: answer)


def test_a_release_changes_image_and_bundle_and_nothing_else():
    (container,) = released(DEFINITION, RELEASE)["containerDefinitions"]

    assert container["image"] == RELEASE.image
    assert container["environment"] == [
        {"name": "PROJECT", "value": "income"},
        {"name": "BUNDLE_URI", "value": RELEASE.bundle_uri},
        {"name": "BUNDLE_SHA256", "value": RELEASE.bundle_sha256},
    ]


def test_what_describing_adds_is_not_registered():
    assert set(released(DEFINITION, RELEASE)) == {"family", "cpu", "containerDefinitions"}


def test_a_second_release_replaces_the_first_one_s_bundle():
    first = released(DEFINITION, RELEASE)

    second = released(first, Release("registry/app@sha256:3", "s3://models/income/3/", "c" * 64, "3"))

    names = [each["name"] for each in second["containerDefinitions"][0]["environment"]]
    assert names == ["PROJECT", "BUNDLE_URI", "BUNDLE_SHA256"]


@pytest.mark.usefixtures("live")
def test_a_service_that_was_never_released_gets_its_first_task():
    ecs = FakeEcs()

    done = deploy(ecs, "income", RELEASE, "http://balancer", say=lambda line: None)

    assert (ecs.desired, done.task_definition) == (1, "arn:td/mlops-lab-income-stable:2")


@pytest.mark.usefixtures("live")
def test_a_scaled_service_keeps_its_tasks():
    ecs = FakeEcs()
    ecs.desired = 3

    deploy(ecs, "income", RELEASE, "http://balancer", say=lambda line: None)

    assert ecs.desired == 3


@pytest.mark.usefixtures("live")
def test_the_same_release_again_registers_nothing():
    ecs = FakeEcs()
    deploy(ecs, "income", RELEASE, "http://balancer", say=lambda line: None)

    deploy(ecs, "income", RELEASE, "http://balancer", say=lambda line: None)

    assert len(ecs.definitions) == 2


@pytest.mark.usefixtures("live")
def test_what_terraform_changed_since_reaches_the_service_with_the_next_deploy():
    ecs = FakeEcs()
    deploy(ecs, "income", RELEASE, "http://balancer", say=lambda line: None)
    ecs.register_task_definition(**{**DEFINITION, "cpu": "512"})

    done = deploy(ecs, "income", RELEASE, "http://balancer", say=lambda line: None)

    live = ecs.definitions[done.task_definition]
    assert (live["cpu"], live["containerDefinitions"][0]["image"]) == ("512", RELEASE.image)


@pytest.mark.usefixtures("live")
def test_failing_tasks_end_the_deploy_with_their_reason():
    with pytest.raises(LabError, match=r"Essential container in task exited \(exit code 1\).*make logs"):
        deploy(FakeEcs(failing=3), "income", RELEASE, "http://balancer", say=lambda line: None)


def test_a_version_that_is_not_live_in_time_is_an_error(monkeypatch: pytest.MonkeyPatch):
    other = httpx.Response(200, json={"bundle_sha256": "another"})
    monkeypatch.setattr(delivery.httpx, "get", lambda url, timeout: other)

    with pytest.raises(LabError, match=r"mlops-lab-income-stable:2 is not live in time"):
        deploy(FakeEcs(), "income", RELEASE, "http://balancer", say=lambda line: None, timeout=0)


def test_a_service_that_does_not_exist_asks_for_apply():
    with pytest.raises(LabError, match=r"mlops-lab-income-stable does not exist.*make apply"):
        deploy(FakeEcs(exists=False), "income", RELEASE, "http://balancer", say=lambda line: None)
