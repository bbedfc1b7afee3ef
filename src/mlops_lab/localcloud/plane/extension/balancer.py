"""Elastic Load Balancing: targets are an address and a port, and their health is what the data plane sees."""

from typing import Any

import moto.elbv2.models
from moto.elbv2.exceptions import InvalidTargetError
from moto.elbv2.models import FakeHealthStatus, FakeTargetGroup

from mlops_lab.localcloud.plane.health import SOURCE, Health, TargetHealth

NOT_REGISTERED = TargetHealth("unused", "Target.NotRegistered", "Target is not registered to the target group")
REGISTERING = TargetHealth("initial", "Elb.RegistrationInProgress", "Target registration is in progress")
Target = dict[str, Any]


class TargetGroup(FakeTargetGroup):  # type: ignore[misc]
    """A target group whose targets are told apart by id and port."""

    targets: dict[tuple[str, int], Target]

    def register(self, targets: list[Target]) -> None:
        """Add targets; one without a port gets the group's."""
        for target in targets:
            self.targets[self._key(target)] = {"Id": target["Id"], "Port": self._port(target)}

    def deregister(self, targets: list[Target]) -> None:
        """Remove targets at once: draining is the data plane's."""
        for target in targets:
            if self.targets.pop(self._key(target), None) is None:
                raise InvalidTargetError()

    def deregister_terminated_instances(self, instance_ids: list[str]) -> None:
        """Remove the targets that were instances."""
        for key in [key for key in self.targets if key[0] in instance_ids]:
            del self.targets[key]

    def health_for(self, target: Target, ec2_backend: Any) -> FakeHealthStatus:
        """Return a target's health as the data plane tells it."""
        name, port = self._key(target)
        registered = (name, port) in self.targets
        health: Health = (SOURCE.ask(self.arn, name, port) or REGISTERING) if registered else NOT_REGISTERED
        return FakeHealthStatus(name, port, self.health_check_port, health.state, health.reason, health.description)

    def _key(self, target: Target) -> tuple[str, int]:
        return target["Id"], self._port(target)

    def _port(self, target: Target) -> int:
        return int(target.get("Port") or self.port or 0)


def install() -> None:
    """Let moto create these target groups."""
    moto.elbv2.models.FakeTargetGroup = TargetGroup
