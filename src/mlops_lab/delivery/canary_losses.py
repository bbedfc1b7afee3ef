"""What clients lost to a canary, and how much that can have been. Pure."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

from mlops_lab.delivery.canary_state import Event, Loss, moment
from mlops_lab.load.summary import Summary

SIGMAS = 3.1  # of a binomial count: 99.9 %
LATE = timedelta(seconds=2)  # that a balancer takes to hear of new weights, and a request to be answered


def lost(summary: Summary, events: Sequence[Event]) -> Loss:
    """Count the requests while the canary had weight, those that failed, and how many it can have had.

    Args:
        summary: Of the load.
        events: Of the canary, in order of time.
    """
    weights = [_weight(events, summary.started + timedelta(seconds=each.second)) for each in summary.timeline]
    exposed = [(each, weight / 100) for each, weight in zip(summary.timeline, weights, strict=True) if weight]
    offered = sum(each.offered - each.dropped for each, _ in exposed)
    failed = sum(each.failed for each, _ in exposed)
    expected = sum((each.offered - each.dropped) * weight for each, weight in exposed)
    spread = math.sqrt(sum((each.offered - each.dropped) * weight * (1 - weight) for each, weight in exposed))
    return Loss(offered, failed, min(offered, math.ceil(expected + SIGMAS * spread)))


def _weight(events: Sequence[Event], second: datetime) -> int:
    """Return the largest weight that the canary can have had in a second."""
    known = [(moment(each.at), each.weight) for each in events]
    earlier = [weight for at, weight in known if at < second - LATE]
    inside = [weight for at, weight in known if second - LATE <= at < second + timedelta(seconds=1)]
    return max([*earlier[-1:], *inside], default=0)
