"""Ships containers' output to CloudWatch Logs, as the ``awslogs`` log driver does."""

import json
import logging
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from mlops_lab.localcloud.agent import definition as definitions
from mlops_lab.localcloud.agent.embedded_metrics import extract
from mlops_lab.localcloud.agent.observation import Clients, Json, Task
from mlops_lab.localcloud.driver import Driver, LogLine

BATCH = 1000  # events a call; CloudWatch takes 10,000 or 1 MiB
LONGEST = 250_000  # characters an event, below CloudWatch's 256 KiB
REFUSED = "AccessDeniedException"  # the role may not write there, or is gone

log = logging.getLogger(__name__)


class LogShipper:
    """Sends each container's new lines to its log stream, and the metrics in them to CloudWatch.

    Both are sent at least once over restarts; the lines under the task's execution role, as ECS does.
    """

    def __init__(
        self, driver: Driver, clients_of_role: Callable[[str | None], Clients], cloudwatch: Any, cursors: Path
    ):
        self._driver = driver
        self._clients_of_role = clients_of_role
        self._cloudwatch = cloudwatch
        self._path = cursors
        self._cursors: dict[str, str] = json.loads(cursors.read_text()) if cursors.is_file() else {}

    def ship(self, task: Task, definition: Json) -> None:
        """Send what a task's containers have written since the last time."""
        targets = definitions.log_targets(task, definition)
        if not targets:
            return
        client = self._clients_of_role(definition.get("executionRoleArn"))("logs")
        for container_id, target in targets.items():
            before = self._cursors.get(container_id)
            lines, cursor = self._driver.logs(container_id, before)
            for start in range(0, len(lines), BATCH):
                self._put(client, target, lines[start : start + BATCH])
                self._publish(lines[start : start + BATCH])
            if cursor is not None and cursor != before:
                self._cursors[container_id] = cursor
                self._save()

    def end(self, task: Task, definition: Json) -> None:
        """Send the last lines and forget the task."""
        self.ship(task, definition)
        for container_id in definitions.log_targets(task, definition):
            self._cursors.pop(container_id, None)
        self._save()

    def _put(self, client: Any, target: definitions.LogTarget, lines: list[LogLine]) -> None:
        # CloudWatch takes no empty message, and the awslogs driver sends none.
        events = [{"timestamp": line.timestamp, "message": line.message[:LONGEST]} for line in lines if line.message]
        if not events:
            return
        arguments = {"logGroupName": target.group, "logStreamName": target.stream, "logEvents": events}
        try:
            client.put_log_events(**arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code == REFUSED:
                log.warning("lines for %s are lost: %s", target.group, error)
            elif code != "ResourceNotFoundException":
                raise
            elif self._make_stream(client, target):
                client.put_log_events(**arguments)

    def _publish(self, lines: list[LogLine]) -> None:
        found = sorted((each for line in lines for each in extract(line.message)), key=lambda each: each[0])
        for namespace, group in groupby(found, key=lambda each: each[0]):
            try:
                self._cloudwatch.put_metric_data(Namespace=namespace, MetricData=[datum for _, datum in group])
            except (ClientError, ParamValidationError) as error:  # lines are a task's own: they may hold anything
                log.warning("metrics of namespace %s in log lines are refused: %s", namespace, error)

    def _make_stream(self, client: Any, target: definitions.LogTarget) -> bool:
        """Make the log stream; a log group that does not exist loses the lines, as it would stop the task on AWS."""
        try:
            client.create_log_stream(logGroupName=target.group, logStreamName=target.stream)
        except ClientError as error:
            log.warning("log stream %s in %s cannot be made: %s", target.stream, target.group, error)
            return False
        return True

    def _save(self) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(self._cursors))
        new.replace(self._path)
