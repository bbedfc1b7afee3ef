from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from mlops_lab.infrastructure.leftovers import deregister_releases
from mlops_lab.settings import Settings

Client = Callable[[str], Any]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        yield lambda service: boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(target="aws", root=tmp_path)


def register(ecs: Any, family: str) -> str:
    containers = [{"name": "api", "image": "image", "memory": 128}]
    answer = ecs.register_task_definition(family=family, containerDefinitions=containers)
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def test_task_definitions_that_releases_registered_are_deregistered(aws: Client, settings: Settings) -> None:
    ecs = aws("ecs")
    own = [register(ecs, "mlops-lab-income-stable"), register(ecs, "mlops-lab-income-stable")]
    foreign = register(ecs, "somebody-else")

    assert deregister_releases(settings) == 2

    def status(arn: str) -> str:
        return str(ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"]["status"])

    assert [status(arn) for arn in own] == ["INACTIVE", "INACTIVE"]
    assert status(foreign) == "ACTIVE"
