"""The end of a canary that nobody ends: a one-time schedule, run by AWS, that gives stable all weight."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from mlops_lab import catalog
from mlops_lab.delivery.canary.traffic_split import TrafficSplit


class Deadline:
    """The schedule of one project's canary."""

    def __init__(self, scheduler: Any, iam: Any, project: str, split: TrafficSplit):
        self._scheduler, self._iam, self._split = scheduler, iam, split
        self._name = catalog.canary_role(project)

    def arm(self, when: datetime) -> None:
        """Let AWS restore the weights at a moment, to the minute; an armed deadline is moved."""
        role = self._iam.get_role(RoleName=self._name)["Role"]["Arn"]
        partition = self._split.rule.split(":")[1]
        wanted = {
            **self._place,
            "Description": "Gives stable all weight when a canary's controller has not come back",
            "ScheduleExpression": f"at({when.astimezone(UTC):%Y-%m-%dT%H:%M:%S})",
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": f"arn:{partition}:scheduler:::aws-sdk:elasticloadbalancingv2:modifyRule",
                "RoleArn": role,
                "Input": json.dumps({"RuleArn": self._split.rule, "Actions": self._split.actions(0)}),
            },
        }
        try:
            self._scheduler.create_schedule(**wanted)
        except self._scheduler.exceptions.ConflictException:
            self._scheduler.update_schedule(**wanted)

    def disarm(self) -> None:
        """Delete the schedule, if it is there."""
        with suppress(self._scheduler.exceptions.ResourceNotFoundException):
            self._scheduler.delete_schedule(**self._place)

    @property
    def armed(self) -> bool:
        """Whether the schedule is there: it deletes itself when it has been fired."""
        try:
            self._scheduler.get_schedule(**self._place)
        except self._scheduler.exceptions.ResourceNotFoundException:
            return False
        return True

    @property
    def _place(self) -> dict[str, str]:
        return {"Name": self._name, "GroupName": catalog.SCHEDULES}
