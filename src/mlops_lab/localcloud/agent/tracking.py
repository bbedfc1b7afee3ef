"""Target-tracking policies: which metric they follow, and the two alarms that each one has. Pure.

As on AWS a policy has an alarm for three periods above its target and one for fifteen below nine tenths of it. AWS's
periods are minutes; here they are as long as the distance between two data (`metric_seconds`). A metric that is summed
(ALBRequestCountPerTarget) has its target a minute, whatever the period.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PERIODS_OUT = 3
PERIODS_IN = 15
LOWER = 0.9  # of the target; a metric below it, not below the target, lets capacity go
MINUTE = 60
DEFAULT_COOLDOWN = 300  # seconds, Application Auto Scaling's for ECS
PREDEFINED = {
    "ECSServiceAverageCPUUtilization": "CPUUtilization",
    "ECSServiceAverageMemoryUtilization": "MemoryUtilization",
}

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Tracking:
    """A target-tracking policy."""

    name: str
    arn: str
    resource: str  # "service/<cluster>/<service>"
    target: float
    metric: Json  # Namespace, MetricName, Dimensions, Statistic and perhaps Unit
    out_cooldown: int  # seconds
    in_cooldown: int  # seconds
    scales_in: bool

    def threshold(self, period: int) -> float:
        """The target for values of a period."""
        return self.target * period / MINUTE if self.metric["Statistic"] == "Sum" else self.target

    @property
    def high_alarm(self) -> str:
        """Name of the alarm above the target."""
        return self._alarm("AlarmHigh")

    @property
    def low_alarm(self) -> str:
        """Name of the alarm below the target."""
        return self._alarm("AlarmLow")

    def _alarm(self, kind: str) -> str:
        return f"TargetTracking-{self.resource}-{kind}-{uuid.uuid5(uuid.NAMESPACE_URL, f'{self.arn}/{kind}')}"


def from_description(policy: Json) -> Tracking | None:
    """Return a policy of DescribeScalingPolicies; None where it is not one that can be followed here."""
    configuration = policy.get("TargetTrackingScalingPolicyConfiguration")
    metric = _metric(policy["ResourceId"], configuration) if configuration else None
    if configuration is None or metric is None:
        return None
    return Tracking(
        name=policy["PolicyName"],
        arn=policy["PolicyARN"],
        resource=policy["ResourceId"],
        target=float(configuration["TargetValue"]),
        metric=metric,
        out_cooldown=_cooldown(configuration, "ScaleOutCooldown"),
        in_cooldown=_cooldown(configuration, "ScaleInCooldown"),
        scales_in=not configuration.get("DisableScaleIn", False),
    )


def alarms(tracking: Tracking, period: int) -> list[dict[str, Any]]:
    """Return the policy's alarms as PutMetricAlarm takes them; the lower one only where the policy scales in."""
    target = tracking.threshold(period)
    common = {
        **tracking.metric,
        "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {tracking.arn}.",
        "AlarmActions": [tracking.arn],
        "Period": period,
    }
    high = {
        "AlarmName": tracking.high_alarm,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": target,
        "EvaluationPeriods": PERIODS_OUT,
    }
    low = {
        "AlarmName": tracking.low_alarm,
        "ComparisonOperator": "LessThanThreshold",
        "Threshold": target * LOWER,
        "EvaluationPeriods": PERIODS_IN,
    }
    return [common | high, common | low] if tracking.scales_in else [common | high]


def _metric(resource: str, configuration: Json) -> Json | None:
    if customized := configuration.get("CustomizedMetricSpecification"):
        return _customized(customized)
    predefined = configuration.get("PredefinedMetricSpecification") or {}
    kind = predefined.get("PredefinedMetricType")
    if kind == "ALBRequestCountPerTarget":
        group = "targetgroup/" + predefined["ResourceLabel"].partition("targetgroup/")[2]
        return _described("AWS/ApplicationELB", "RequestCountPerTarget", {"TargetGroup": group}, "Sum")
    if kind not in PREDEFINED:
        return None
    _, cluster, service = resource.split("/")
    return _described("AWS/ECS", PREDEFINED[kind], {"ClusterName": cluster, "ServiceName": service}, "Average")


def _customized(specification: Json) -> Json | None:
    if "MetricName" not in specification:  # metric math
        return None
    unit = {"Unit": specification["Unit"]} if specification.get("Unit") else {}
    found = {each["Name"]: each["Value"] for each in specification.get("Dimensions") or []}
    named = specification["Namespace"], specification["MetricName"]
    return _described(*named, found, specification["Statistic"]) | unit


def _described(namespace: str, name: str, dimensions: Mapping[str, str], statistic: str) -> dict[str, Any]:
    return {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": [{"Name": key, "Value": value} for key, value in dimensions.items()],
        "Statistic": statistic,
    }


def _cooldown(configuration: Json, key: str) -> int:
    return int(configuration.get(key, DEFAULT_COOLDOWN))
