"""Applies target tracking: keeps the policies' alarms, asks what to do, and sets services' desired counts."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_lab.localcloud.agent.activities import DIMENSION, NAMESPACE, Activities
from mlops_lab.localcloud.agent.alarms import INSUFFICIENT_DATA, Alarm, Verdict
from mlops_lab.localcloud.agent.observation import Clients, Json
from mlops_lab.localcloud.agent.scaling import Capacity, Reading, decide
from mlops_lab.localcloud.agent.tracking import Tracking, alarms, from_description

log = logging.getLogger(__name__)


class Scaler:
    """Scales the ECS services that are registered as scalable targets."""

    def __init__(self, clients: Clients, activities: Activities, period: int):
        self._autoscaling = clients("application-autoscaling")
        self._cloudwatch = clients("cloudwatch")
        self._ecs = clients("ecs")
        self._activities = activities
        self._period = period

    def step(self, verdicts: Mapping[str, Verdict], now: float) -> bool:
        """Make one pass over all scalable targets; return whether one was scaled.

        Args:
            verdicts: What the last evaluation of every alarm found, by the alarm's name.
            now: Seconds since the epoch.
        """
        changed = False
        for target in self._described("describe_scalable_targets", "ScalableTargets"):
            if target["ScalableDimension"] == DIMENSION:
                policies = self._policies(target["ResourceId"])
                self._keep_alarms(policies, verdicts)
                changed |= self._scale(target, [_reading(each, verdicts, self._period) for each in policies], now)
        return changed

    def _policies(self, resource: str) -> list[Tracking]:
        found = self._described("describe_scaling_policies", "ScalingPolicies", ResourceId=resource)
        return [tracking for policy in found if (tracking := from_description(policy))]

    def _keep_alarms(self, policies: list[Tracking], verdicts: Mapping[str, Verdict]) -> None:
        for wanted in (alarm for policy in policies for alarm in alarms(policy, self._period)):
            known = verdicts.get(wanted["AlarmName"])
            if known is None or not _is_same(known.alarm, wanted):
                self._cloudwatch.put_metric_alarm(**wanted)

    def _scale(self, target: Json, readings: list[Reading], now: float) -> bool:
        resource = target["ResourceId"]
        _, cluster, name = resource.split("/")
        services = self._ecs.describe_services(cluster=cluster, services=[name])["services"]
        if not services or services[0]["status"] != "ACTIVE":
            return False
        desired = services[0]["desiredCount"]
        self._activities.observe(resource, desired, services[0]["runningCount"], now)
        decision = decide(_capacity(target, desired), readings, self._activities.last(resource), now)
        if decision is None:
            return False
        log.info("%s: %d -> %d tasks: %s", resource, desired, decision.desired, decision.tracking.name)
        self._ecs.update_service(cluster=cluster, service=name, desiredCount=decision.desired)
        self._activities.begin(resource, desired, decision, now)
        return True

    def _described(self, operation: str, key: str, **arguments: Any) -> Iterator[Json]:
        for page in self._autoscaling.get_paginator(operation).paginate(ServiceNamespace=NAMESPACE, **arguments):
            yield from page[key]


def _capacity(target: Json, desired: int) -> Capacity:
    suspended = target.get("SuspendedState") or {}
    return Capacity(
        desired,
        target["MinCapacity"],
        target["MaxCapacity"],
        may_scale_out=not suspended.get("DynamicScalingOutSuspended"),
        may_scale_in=not suspended.get("DynamicScalingInSuspended"),
    )


def _reading(tracking: Tracking, verdicts: Mapping[str, Verdict], period: int) -> Reading:
    high, low = verdicts.get(tracking.high_alarm), verdicts.get(tracking.low_alarm)
    values = high.values if high else ()
    return Reading(
        tracking,
        high.state if high else INSUFFICIENT_DATA,
        low.state if low else INSUFFICIENT_DATA,
        values[-1][1] / tracking.threshold(period) if values else None,
    )


def _is_same(known: Alarm, wanted: Json) -> bool:
    return (known.threshold, known.period, known.queries[0]["MetricStat"]["Metric"]["MetricName"]) == (
        wanted["Threshold"],
        wanted["Period"],
        wanted["MetricName"],
    )
