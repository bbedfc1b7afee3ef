"""What clients lost to a canary, and how much that can have been. Pure."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from mlops_lab.delivery.canary.state import Event, Loss, moment
from mlops_lab.load.summary import Summary

SIGMAS = 3.1  # of a binomial count: 99.9 %
LATE = timedelta(seconds=2)  # that a balancer takes to hear of new weights, and a request to be answered


def lost(summary: Summary, events: Sequence[Event]) -> Loss:
    """Count the requests while the canary had weight, those that failed, and how many it can have had.

    Args:
        summary: Of the load.
        events: Of the canary, in order of time.
    """
    weights = [max(_weights(events, summary.started + timedelta(seconds=each.second))) for each in summary.timeline]
    exposed = [(each, weight / 100) for each, weight in zip(summary.timeline, weights, strict=True) if weight]
    offered = sum(each.offered - each.dropped for each, _ in exposed)
    failed = sum(each.failed for each, _ in exposed)
    expected = sum((each.offered - each.dropped) * weight for each, weight in exposed)
    spread = math.sqrt(sum((each.offered - each.dropped) * weight * (1 - weight) for each, weight in exposed))
    bound = min(offered, math.ceil(expected + SIGMAS * spread))
    return Loss(offered, failed, bound, answers(summary, events))


def answers(summary: Summary, events: Sequence[Event]) -> dict[int, dict[str, int]]:
    """Count the answers by model version in the seconds in which one weight held, and had held for a while."""
    found: dict[int, Counter[str]] = {}
    for each in summary.timeline:
        weights = _weights(events, summary.started + timedelta(seconds=each.second))
        if len(weights) == 1 and (weight := weights.pop()):
            found.setdefault(weight, Counter()).update(each.versions)
    return {weight: dict(versions) for weight, versions in found.items()}


def _weights(events: Sequence[Event], second: datetime) -> set[int]:
    """Return the weights that the canary can have had in a second."""
    known = [(moment(each.at), each.weight) for each in events]
    earlier = [weight for at, weight in known if at < second - LATE]
    inside = [weight for at, weight in known if second - LATE <= at < second + timedelta(seconds=1)]
    return {*(earlier[-1:] or [0]), *inside}
