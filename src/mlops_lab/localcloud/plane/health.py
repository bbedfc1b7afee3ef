"""Where DescribeTargetHealth learns how a target is: a hook, because the control plane sees no traffic."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Health(Protocol):
    """What the hook tells of a target; any value with these attributes will do."""

    @property
    def state(self) -> str: ...  # noqa: D102

    @property
    def reason(self) -> str | None: ...  # noqa: D102

    @property
    def description(self) -> str | None: ...  # noqa: D102


@dataclass(frozen=True)
class TargetHealth:
    """A target's health in the words of the ELBv2 API (state ``healthy``, reason ``Target.Timeout``, ...)."""

    state: str
    reason: str | None = None
    description: str | None = None


HealthOf = Callable[[str, str, int], Health | None]  # target group ARN, target id, port


def unknown(target_group_arn: str, target_id: str, port: int) -> Health | None:
    """Know nothing of any target."""
    return None


class HealthSource:
    """Holds the hook that is asked; it is asked under the plane's lock, so it must not call the plane."""

    def __init__(self) -> None:
        self.ask: HealthOf = unknown


SOURCE = HealthSource()  # moto's backends are pickled and created by moto, so they find the hook here
