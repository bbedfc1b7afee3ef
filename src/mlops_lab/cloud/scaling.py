"""Autoscaling of a project's stable service: its bounds, its policies and what they did."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mlops_lab import catalog
from mlops_lab.cloud.session import client, explained
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
DESIRED = re.compile(r"desired count to (\d+)")


@dataclass(frozen=True)
class Bounds:
    """How few and how many tasks autoscaling may run."""

    minimum: int
    maximum: int


@dataclass(frozen=True)
class Policy:
    """A target-tracking policy: the metric and the value that it keeps to."""

    name: str
    metric: str
    target: float  # per cent of CPU, or requests a minute for each task


@dataclass(frozen=True)
class Activity:
    """One change of the number of tasks."""

    started: datetime
    ended: datetime | None  # None: it is under way
    desired: int | None  # None where the description does not say
    cause: str
    status: str


def bounds(settings: Settings, project: str) -> Bounds:
    """Return a service's bounds.

    Raises:
        LabError: The service does not scale.
    """
    with explained(settings):
        answer = client(settings, "application-autoscaling").describe_scalable_targets(**_asked(project, True))
    if not answer["ScalableTargets"]:
        raise LabError(f"{catalog.service(project)} does not scale; set the variable `scaling` and run `make apply`.")
    target = answer["ScalableTargets"][0]
    return Bounds(target["MinCapacity"], target["MaxCapacity"])


@contextmanager
def at_least(settings: Settings, project: str, minimum: int) -> Iterator[None]:
    """Let autoscaling keep so many tasks meanwhile; what a run that was killed leaves is mended by `make apply`.

    Raises:
        LabError: The service does not scale.
    """
    before = bounds(settings, project)
    resource = {"ServiceNamespace": NAMESPACE, "ScalableDimension": DIMENSION, "ResourceId": _resource(project)}
    autoscaling = client(settings, "application-autoscaling")
    with explained(settings):
        autoscaling.register_scalable_target(**resource, MinCapacity=max(minimum, before.minimum))
    try:
        yield
    finally:
        with explained(settings):
            autoscaling.register_scalable_target(**resource, MinCapacity=before.minimum)


def policies(settings: Settings, project: str) -> list[Policy]:
    """Return a service's target-tracking policies on predefined metrics."""
    with explained(settings):
        answer = client(settings, "application-autoscaling").describe_scaling_policies(**_asked(project, False))
    return [_policy(each) for each in answer["ScalingPolicies"] if "TargetTrackingScalingPolicyConfiguration" in each]


def activities(settings: Settings, project: str, since: datetime) -> list[Activity]:
    """Return what a service's policies did since a moment, the oldest first."""
    with explained(settings):
        pages = client(settings, "application-autoscaling").get_paginator("describe_scaling_activities")
        found = [
            _activity(each)
            for page in pages.paginate(**_asked(project, False))
            for each in page["ScalingActivities"]
            if each["StartTime"] >= since
        ]
    return sorted(found, key=lambda activity: activity.started)


def _asked(project: str, many: bool) -> dict[str, Any]:
    resource = _resource(project)
    named = {"ResourceIds": [resource]} if many else {"ResourceId": resource}
    return {"ServiceNamespace": NAMESPACE, "ScalableDimension": DIMENSION, **named}


def _resource(project: str) -> str:
    return f"service/{catalog.CLUSTER}/{catalog.service(project)}"


def _policy(each: dict[str, Any]) -> Policy:
    configuration = each["TargetTrackingScalingPolicyConfiguration"]
    predefined = configuration.get("PredefinedMetricSpecification", {})
    return Policy(each["PolicyName"], predefined.get("PredefinedMetricType", "custom"), configuration["TargetValue"])


def _activity(each: dict[str, Any]) -> Activity:
    named = DESIRED.search(each["Description"])
    ended = each.get("EndTime")
    return Activity(
        each["StartTime"].astimezone(UTC),
        ended.astimezone(UTC) if ended else None,
        int(named[1]) if named else None,
        each["Cause"],
        each["StatusCode"],
    )
