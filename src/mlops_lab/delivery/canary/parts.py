"""What a canary's controller moves and looks at, put together by `canary` and, in tests, by fakes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from mlops_lab.delivery.canary.counts import Observer
from mlops_lab.delivery.canary.deadline import Deadline
from mlops_lab.delivery.canary.state import Canary, Failures, Store
from mlops_lab.delivery.canary.tracks import Tracks
from mlops_lab.delivery.canary.traffic_split import TrafficSplit
from mlops_lab.pipeline.canary import Limits


class Clock(Protocol):
    """Time, which tests let pass as they like."""

    def now(self) -> datetime:
        """The moment, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


@dataclass(frozen=True)
class Parts:
    """What a controller moves and looks at."""

    store: Store
    split: TrafficSplit
    tracks: Tracks
    deadline: Deadline
    observer: Observer
    alarming: Callable[[], list[str]]
    promote: Callable[[Canary], None]  # the alias, unless it names the version already
    demote: Callable[[Canary], None]  # the alias, back to where it was, if it names the version
    change: Callable[[Any], dict[str, Any]]  # of the canary's task definition: a fault, or nothing
    failures: Callable[[Canary], Failures]
    show: Callable[[Canary], None]
    clock: Clock
    period: float  # seconds between two data of a metric
    limits: Limits
