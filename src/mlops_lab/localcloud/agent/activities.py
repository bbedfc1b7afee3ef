"""What was scaled, when and why: kept in a file, shown by DescribeScalingActivities."""

import json
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mlops_lab.localcloud.agent.scaling import Decision, Last

NAMESPACE = "ecs"
DIMENSION = "ecs:service:DesiredCount"
MOST_ACTIVITIES = 500  # the newest ones are kept
PATIENCE = 600  # seconds until an activity whose tasks do not come is given up

Activity = dict[str, Any]  # as the API shows it, times in seconds since the epoch, plus Before and After


class Activities:
    """Remembers activities over restarts."""

    def __init__(self, path: Path):
        self._path = path
        self._activities: list[Activity] = json.loads(path.read_text()) if path.is_file() else []

    def shown(self, namespace: str) -> Sequence[Activity]:
        """Return a service namespace's activities as the API shows them."""
        hidden = ("Before", "After")
        return [
            {key: value for key, value in activity.items() if key not in hidden}
            for activity in list(self._activities)
            if activity["ServiceNamespace"] == namespace
        ]

    def last(self, resource: str) -> Last | None:
        """Return a resource's last activity."""
        found = self._newest(resource)
        return Last(found["Before"], found["After"], found.get("EndTime")) if found else None

    def begin(self, resource: str, before: int, decision: Decision, now: float) -> None:
        """Note a change that was asked for; an earlier one that is not complete is overridden by it."""
        if (open_one := self._newest(resource)) and "EndTime" not in open_one:
            self._end(open_one, "Overridden", "A later scaling activity has replaced this one.", now)
        activity = {
            "ActivityId": str(uuid.uuid4()),
            "ServiceNamespace": NAMESPACE,
            "ResourceId": resource,
            "ScalableDimension": DIMENSION,
            "Description": f"Setting desired count to {decision.desired}.",
            "Cause": f"monitor alarm {decision.alarm} in state ALARM triggered policy {decision.tracking.name}",
            "StartTime": now,
            "StatusCode": "InProgress",
            "StatusMessage": f"Successfully set desired count to {decision.desired}. Waiting for change to be "
            "fulfilled by ecs.",
            "Before": before,
            "After": decision.desired,
        }
        self._activities = [*self._activities, activity][-MOST_ACTIVITIES:]
        self._save()

    def observe(self, resource: str, desired: int, running: int, now: float) -> None:
        """Complete a resource's last activity where its tasks run, or give it up."""
        activity = self._newest(resource)
        if activity is None or "EndTime" in activity:
            return
        if desired != activity["After"]:
            self._end(activity, "Overridden", f"The desired count was set to {desired} by somebody else.", now)
        elif running == desired:
            message = f"Successfully set desired count to {desired}. Change successfully fulfilled by ecs."
            self._end(activity, "Successful", message, now)
        elif now - activity["StartTime"] > PATIENCE:
            message = f"Set desired count to {desired}, but {running} task(s) run after {PATIENCE} s."
            self._end(activity, "Unfulfilled", message, now)

    def _newest(self, resource: str) -> Activity | None:
        return next((each for each in reversed(self._activities) if each["ResourceId"] == resource), None)

    def _end(self, activity: Activity, status: str, message: str, now: float) -> None:
        activity |= {"StatusCode": status, "StatusMessage": message, "EndTime": now}
        self._save()

    def _save(self) -> None:
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(self._activities))
        new.replace(self._path)
