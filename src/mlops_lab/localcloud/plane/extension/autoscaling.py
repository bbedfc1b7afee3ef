"""Application Auto Scaling: tags of scalable targets, activities, and policies that keep their ARN.

On AWS a target-tracking policy makes its own alarms; here whoever scales makes them, for it knows how often metrics
come. A policy shows the alarms that name it as their action, and takes them with it when it is deleted.
"""

import json
from typing import Any

import moto.applicationautoscaling.models
import moto.applicationautoscaling.urls
from moto.applicationautoscaling.models import (
    ApplicationAutoscalingBackend,
    FakeApplicationAutoscalingPolicy,
    applicationautoscaling_backends,
)
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.exceptions import JsonRESTError

from mlops_lab.localcloud.plane.activities import SOURCE
from mlops_lab.localcloud.plane.extension.routes import extend, route

Json = dict[str, Any]
PAGE = 50


class ScalingPolicy(FakeApplicationAutoscalingPolicy):  # type: ignore[misc]
    """A policy that makes no alarms by itself."""

    def create_alarms(self) -> None:
        """Leave the alarms of a target-tracking policy to whoever scales."""


class AutoscalingBackend(ApplicationAutoscalingBackend):  # type: ignore[misc]
    """Scalable targets with tags."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.target_tags: dict[str, dict[str, str]] = {}  # by ARN

    def tags_of(self, arn: str) -> dict[str, str]:
        """Return the tags of a scalable target, to read or to change."""
        if not any(target.arn == arn for targets in self.targets.values() for target in targets.values()):
            raise JsonRESTError("ResourceNotFoundException", f"No scalable target found for resource ARN: {arn}")
        return self.target_tags.setdefault(arn, {})

    def deregister_scalable_target(self, namespace: str, r_id: str, dimension: str) -> None:
        """Remove a scalable target with its tags."""
        target = self.targets.get(dimension, {}).get(r_id)
        super().deregister_scalable_target(namespace, r_id, dimension)
        self.target_tags.pop(target.arn, None)
        for policy in [each for each in self.policies.values() if each.resource_id == r_id]:
            if (policy.service_namespace, policy.scalable_dimension) == (namespace, dimension):
                self.delete_scaling_policy(policy.policy_name, namespace, r_id, dimension)

    def put_scaling_policy(
        self,
        policy_name: str,
        service_namespace: str,
        resource_id: str,
        scalable_dimension: str,
        policy_body: Json,
        policy_type: str | None,
    ) -> ScalingPolicy:
        """Put a policy; a changed one keeps its ARN."""
        key = ScalingPolicy.formulate_key(service_namespace, resource_id, scalable_dimension, policy_name)
        before = self.policies.get(key)
        policy = super().put_scaling_policy(
            policy_name, service_namespace, resource_id, scalable_dimension, policy_body, policy_type
        )
        if before is not None:
            policy.policy_arn, policy.creation_time = before.policy_arn, before.creation_time
        return self._with_alarms(policy)

    def describe_scaling_policies(self, *arguments: Any, **named: Any) -> tuple[str | None, list[ScalingPolicy]]:
        """Return a page of policies with their alarms."""
        token, policies = super().describe_scaling_policies(*arguments, **named)
        return token, [self._with_alarms(policy) for policy in policies]

    def delete_scaling_policy(
        self, policy_name: str, service_namespace: str, resource_id: str, scalable_dimension: str
    ) -> None:
        """Delete a policy with its alarms."""
        key = ScalingPolicy.formulate_key(service_namespace, resource_id, scalable_dimension, policy_name)
        if key in self.policies:
            self._with_alarms(self.policies[key])
        super().delete_scaling_policy(policy_name, service_namespace, resource_id, scalable_dimension)

    def _with_alarms(self, policy: ScalingPolicy) -> ScalingPolicy:
        alarms = cloudwatch_backends[self.account_id][self.region_name].describe_alarms()
        policy.alarms = [alarm for alarm in alarms if policy.policy_arn in alarm.alarm_actions]
        return policy


class AutoscalingResponse(ApplicationAutoScalingResponse):  # type: ignore[misc]
    """Moto's operations, and those on tags and activities."""

    def register_scalable_target(self) -> str:
        """RegisterScalableTarget, which takes tags."""
        answer: str = super().register_scalable_target()
        if tags := self._get_param("Tags"):
            self._tags(json.loads(answer)["ScalableTargetARN"]).update(tags)
        return answer

    def list_tags_for_resource(self) -> str:
        """ListTagsForResource."""
        return json.dumps({"Tags": self._tags(self._get_param("ResourceARN"))})

    def tag_resource(self) -> str:
        """TagResource."""
        self._tags(self._get_param("ResourceARN")).update(self._get_param("Tags"))
        return "{}"

    def untag_resource(self) -> str:
        """UntagResource."""
        tags = self._tags(self._get_param("ResourceARN"))
        for key in self._get_param("TagKeys"):
            tags.pop(key, None)
        return "{}"

    def describe_scaling_activities(self) -> str:
        """DescribeScalingActivities, the newest first; a token is the number of activities already shown."""
        wanted = {key: self._get_param(key) for key in ("ResourceId", "ScalableDimension") if self._get_param(key)}
        activities = [
            activity
            for activity in SOURCE.ask(self._get_param("ServiceNamespace"))
            if all(activity[key] == value for key, value in wanted.items())
        ]
        activities.sort(key=lambda activity: activity["StartTime"], reverse=True)
        start = int(self._get_param("NextToken") or 0)
        end = start + int(self._get_param("MaxResults") or PAGE)
        token = {"NextToken": str(end)} if end < len(activities) else {}
        return json.dumps({"ScalingActivities": activities[start:end]} | token)

    def _tags(self, arn: str) -> dict[str, Any]:
        tags: dict[str, Any] = self.applicationautoscaling_backend.tags_of(arn)
        return tags


def install() -> None:
    """Replace moto's backend, policies and operations."""
    moto.applicationautoscaling.models.FakeApplicationAutoscalingPolicy = ScalingPolicy
    extend(applicationautoscaling_backends, AutoscalingBackend, moto.applicationautoscaling.urls)
    route(moto.applicationautoscaling.urls, AutoscalingResponse)
