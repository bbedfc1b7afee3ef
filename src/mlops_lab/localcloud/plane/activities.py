"""Where DescribeScalingActivities learns what was scaled: a hook, because the control plane scales nothing."""

from collections.abc import Callable, Sequence
from typing import Any

ActivitiesOf = Callable[[str], Sequence[dict[str, Any]]]  # service namespace -> activities as the API shows them


def none(namespace: str) -> Sequence[dict[str, Any]]:
    """Know of no activity."""
    return ()


class ActivitySource:
    """Holds the hook that is asked; it is asked under the plane's lock, so it must not call the plane."""

    def __init__(self) -> None:
        self.ask: ActivitiesOf = none


SOURCE = ActivitySource()  # moto's backends are pickled and created by moto, so they find the hook here
