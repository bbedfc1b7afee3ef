from types import SimpleNamespace
from typing import Any

import pytest

from mlops_lab.delivery import job
from mlops_lab.delivery.job import Job
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

COMMAND = ["-m", "mlops_lab.retrain", "--project", "income"]
INCOME = Job("retrain", "income")


class FakeCloud:
    """ECS and CloudWatch Logs with one task, which has stopped as a test says."""

    exceptions = SimpleNamespace(ResourceNotFoundException=KeyError)

    def __init__(self, container: dict[str, Any]):
        self._container = container
        self.ran: dict[str, Any] = {}
        self.images: list[str] = []

    def describe_task_definition(self, taskDefinition: str, include: list[str]) -> dict[str, Any]:
        return {
            "taskDefinition": {
                "family": taskDefinition,
                "revision": 1,
                "containerDefinitions": [{"name": "retrain", "image": "r:bootstrap", "command": COMMAND}],
            },
            "tags": [{"key": "Service", "value": "income"}],
        }

    def register_task_definition(self, **definition: Any) -> dict[str, Any]:
        self.images += [each["image"] for each in definition["containerDefinitions"]]
        self.tags = definition["tags"]
        return {"taskDefinition": {**definition, "taskDefinitionArn": "arn:td/retrain:2"}}

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
    monkeypatch.setattr(job, "client", lambda settings, service: cloud)
    return job.run(Settings(), INCOME, "r@sha256:1", ["--seed", "3"], said.append)


def test_arguments_follow_the_definition_s_command_and_the_exit_code_is_the_task_s(monkeypatch: pytest.MonkeyPatch):
    cloud, said = FakeCloud({"exitCode": 1}), list[str]()

    code = run(cloud, monkeypatch, said)

    assert code == 1
    assert cloud.images == ["r@sha256:1"]
    assert cloud.ran["overrides"]["containerOverrides"][0]["command"] == [*COMMAND, "--seed", "3"]
    assert said == ["trained", "published"]


def test_a_task_that_never_ran_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(LabError, match="mlops-lab-income-retrain did not start: why"):
        run(FakeCloud({}), monkeypatch, [])


def test_a_task_carries_the_tags_by_which_the_bill_is_divided(monkeypatch: pytest.MonkeyPatch):
    cloud = FakeCloud({"exitCode": 0})

    run(cloud, monkeypatch, [])

    assert cloud.tags == [{"key": "Service", "value": "income"}]
    assert cloud.ran["propagateTags"] == "TASK_DEFINITION"


class FakeClock(FakeCloud):
    """A cloud whose scheduler starts a task when it gets a schedule, or never."""

    def __init__(self, container: dict[str, Any], fires: bool):
        super().__init__(container)
        self._fires = fires
        self.schedule: dict[str, Any] = {}

    def get_schedule(self, Name: str, GroupName: str) -> dict[str, Any]:
        return {"Target": {"Arn": f"target of {Name}"}}

    def create_schedule(self, **wanted: Any) -> None:
        self.schedule = wanted

    def list_tasks(self, **_: Any) -> dict[str, Any]:
        return {"taskArns": ["arn:task/c/t1"] if self._fires and self.schedule else []}


def test_the_clock_starts_the_newest_image_with_the_schedule_s_own_target(monkeypatch: pytest.MonkeyPatch):
    cloud, said = FakeClock({"exitCode": 0}, fires=True), list[str]()
    monkeypatch.setattr(job, "client", lambda settings, service: cloud)

    assert job.by_the_clock(Settings(), INCOME, "r@sha256:1", said.append) == 0

    assert cloud.images == ["r@sha256:1"]
    assert cloud.schedule["Target"] == {"Arn": "target of mlops-lab-income-retrain"}
    assert cloud.schedule["ActionAfterCompletion"] == "DELETE"
    assert said == ["mlops-lab-income-retrain-now started t1", "trained", "published"]


def test_a_schedule_that_is_not_fired_is_told(monkeypatch: pytest.MonkeyPatch):
    cloud = FakeClock({"exitCode": 0}, fires=False)
    monkeypatch.setattr(job, "client", lambda settings, service: cloud)
    monkeypatch.setattr(job, "FIRED_IN_TIME", 0.01)

    with pytest.raises(LabError, match="mlops-lab-income-retrain-now started no task"):
        job.by_the_clock(Settings(), INCOME, "r@sha256:1", [].append)


def test_a_job_is_called_by_its_kind_wherever_it_is_named():
    assert Job("report", "taxi").family == "mlops-lab-taxi-report"
