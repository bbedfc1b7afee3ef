from types import SimpleNamespace
from typing import Any

import pytest

from mlops_lab.delivery import retraining
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

COMMAND = ["-m", "mlops_lab.retrain", "--project", "income"]


class FakeCloud:
    """ECS and CloudWatch Logs with one task, which has stopped as a test says."""

    exceptions = SimpleNamespace(ResourceNotFoundException=KeyError)

    def __init__(self, container: dict[str, Any]):
        self._container = container
        self.ran: dict[str, Any] = {}
        self.images: list[str] = []

    def describe_task_definition(self, taskDefinition: str) -> dict[str, Any]:
        return {
            "taskDefinition": {
                "family": taskDefinition,
                "revision": 1,
                "containerDefinitions": [{"name": "retrain", "image": "r:bootstrap", "command": COMMAND}],
            }
        }

    def register_task_definition(self, **definition: Any) -> dict[str, Any]:
        self.images += [each["image"] for each in definition["containerDefinitions"]]
        return {"taskDefinition": {"taskDefinitionArn": "arn:td/retrain:2"}}

    def describe_services(self, **_: Any) -> dict[str, Any]:
        return {"services": [{"networkConfiguration": {"awsvpcConfiguration": {"subnets": ["s"]}}}]}

    def run_task(self, **request: Any) -> dict[str, Any]:
        self.ran = request
        return {"tasks": [{"taskArn": "arn:task/c/t1"}], "failures": []}

    def describe_tasks(self, **_: Any) -> dict[str, Any]:
        return {"tasks": [{"lastStatus": "STOPPED", "stoppedReason": "why", "containers": [self._container]}]}

    def get_log_events(self, logStreamName: str, nextToken: str = "0", **_: Any) -> dict[str, Any]:
        assert logStreamName == "retrain/retrain/t1"
        lines = ["trained", "published"][int(nextToken) :]
        return {"nextForwardToken": "2", "events": [{"message": line} for line in lines]}


def run(cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch, said: list[str]) -> int:
    monkeypatch.setattr(retraining, "client", lambda settings, service: cloud)
    return retraining.run(Settings(), "income", "r@sha256:1", ["--seed", "3"], said.append)


def test_arguments_follow_the_definition_s_command_and_the_exit_code_is_the_task_s(monkeypatch: pytest.MonkeyPatch):
    cloud, said = FakeCloud({"exitCode": 1}), list[str]()

    code = run(cloud, monkeypatch, said)

    assert code == 1
    assert cloud.images == ["r@sha256:1"]
    assert cloud.ran["overrides"]["containerOverrides"][0]["command"] == [*COMMAND, "--seed", "3"]
    assert said == ["trained", "published"]


def test_a_task_that_never_ran_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(LabError, match="Retraining income did not start: why"):
        run(FakeCloud({}), monkeypatch, [])
