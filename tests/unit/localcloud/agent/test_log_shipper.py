import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_lab.localcloud.agent.logs import LogShipper
from mlops_lab.localcloud.agent.observation import Task
from mlops_lab.localcloud.driver import LogLine
from mlops_lab.serving.prediction_log.metric import shed

OPTIONS = {"awslogs-group": "/ecs/lab/income", "awslogs-stream-prefix": "stable"}
DEFINITION = {
    "containerDefinitions": [{"name": "api", "logConfiguration": {"logDriver": "awslogs", "options": OPTIONS}}]
}


class Driver:
    """A container that has written some lines; the cursor is their number."""

    def __init__(self, *lines: str):
        self._lines = lines

    def logs(self, container_id: str, cursor: str | None) -> tuple[list[LogLine], str]:
        return [LogLine(1, line) for line in self._lines[int(cursor or 0) :]], str(len(self._lines))


class Logs:
    """CloudWatch Logs."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def put_log_events(self, logGroupName: str, logStreamName: str, logEvents: list[Any]) -> None:
        assert logEvents
        assert all(each["message"] for each in logEvents), "CloudWatch refuses an empty message"
        self.lines += [each["message"] for each in logEvents]


def of_role(logs: Any) -> Any:
    return lambda role: lambda service: logs


class Metrics:
    """CloudWatch; one that refuses takes no datum."""

    def __init__(self, refuses: bool = False):
        self.data: list[tuple[str, str, list[float]]] = []
        self._refuses = refuses

    def put_metric_data(self, Namespace: str, MetricData: list[Any]) -> None:
        if self._refuses:
            raise ClientError({"Error": {"Code": "InvalidParameterValue"}}, "PutMetricData")
        self.data += [(Namespace, each["MetricName"], each["Values"]) for each in MetricData]


@pytest.fixture
def task() -> Task:
    known: dict[str, Any] = dict.fromkeys(each.name for each in fields(Task))
    return Task(**known | {"arn": "arn:aws:ecs:us-east-1:1:task/lab/1"})


LINES = ("ready", json.dumps(shed("income", 3, 1.0)))


def test_a_metric_in_a_log_line_is_published_once_and_the_line_is_kept(task: Task, tmp_path: Path):
    logs, metrics = Logs(), Metrics()
    shipper = LogShipper(Driver(*LINES), of_role(logs), metrics, tmp_path / "cursors")  # type: ignore[arg-type]

    shipper.ship(task, DEFINITION)
    shipper.ship(task, DEFINITION)

    assert logs.lines == list(LINES)
    assert metrics.data == [("mlops-lab", "PredictionsShed", [3.0])]


def test_metrics_that_cloudwatch_refuses_hold_no_line_back(task: Task, tmp_path: Path):
    logs = Logs()
    shipper = LogShipper(Driver(*LINES), of_role(logs), Metrics(refuses=True), tmp_path / "cursors")  # type: ignore[arg-type]

    shipper.ship(task, DEFINITION)

    assert logs.lines == list(LINES)


def test_lines_that_the_role_may_not_write_are_lost_and_hold_no_task_back(task: Task, tmp_path: Path):
    class Refusing:
        def put_log_events(self, **arguments: object) -> None:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "PutLogEvents")

    shipper = LogShipper(Driver(*LINES), of_role(Refusing()), Metrics(), tmp_path / "cursors")  # type: ignore[arg-type]

    shipper.end(task, DEFINITION)

    assert json.loads((tmp_path / "cursors").read_text()) == {}


def test_empty_lines_are_left_out_and_hold_no_task_back(task: Task, tmp_path: Path):
    logs = Logs()
    shipper = LogShipper(Driver("before", "", "after", ""), of_role(logs), Metrics(), tmp_path / "cursors")  # type: ignore[arg-type]
    empty = LogShipper(Driver("", ""), of_role(logs), Metrics(), tmp_path / "other")  # type: ignore[arg-type]

    shipper.ship(task, DEFINITION)
    empty.ship(task, DEFINITION)

    assert logs.lines == ["before", "after"]
