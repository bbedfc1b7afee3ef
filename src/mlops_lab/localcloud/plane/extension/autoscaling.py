"""Application Auto Scaling: tags of scalable targets."""

import json
from typing import Any

import moto.applicationautoscaling.urls
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, applicationautoscaling_backends
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

from mlops_lab.localcloud.plane.extension.routes import extend, route


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


class AutoscalingResponse(ApplicationAutoScalingResponse):  # type: ignore[misc]
    """Moto's operations, and those on tags."""

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

    def _tags(self, arn: str) -> dict[str, Any]:
        tags: dict[str, Any] = self.applicationautoscaling_backend.tags_of(arn)
        return tags


def install() -> None:
    """Replace moto's backend and operations."""
    extend(applicationautoscaling_backends, AutoscalingBackend, moto.applicationautoscaling.urls)
    route(moto.applicationautoscaling.urls, AutoscalingResponse)
