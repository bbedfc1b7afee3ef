"""How many tasks target tracking wants. Pure.

As the AWS page "Target tracking scaling policies for Application Auto Scaling" has it: out in proportion as soon as
one policy asks for it, in more gradually and only when all that may scale in ask for it, the largest wish wins, and
cool-downs hold back what the metric cannot show yet. Capacity is let go only as far as the metric is expected to stay
below nine tenths of the target, so that it does not come straight back.

A service outside its bounds stays there until its metrics ask for more or less, as the Amazon ECS guide says of it: a
service with no tasks has no metrics, so one that has not been released is left alone.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlops_lab.localcloud.agent.alarms import ALARM
from mlops_lab.localcloud.agent.tracking import LOWER, Tracking


@dataclass(frozen=True)
class Reading:
    """A policy and what its alarms say."""

    tracking: Tracking
    high: str  # state of the alarm above the target
    low: str  # state of the alarm below the target
    load: float | None  # the metric's newest value in units of the target; None where there is none


@dataclass(frozen=True)
class Capacity:
    """A scalable target: bounds and what is wanted now."""

    desired: int
    minimum: int
    maximum: int
    may_scale_out: bool = True
    may_scale_in: bool = True


@dataclass(frozen=True)
class Last:
    """The last scaling activity; the cool-down begins when it is complete."""

    before: int  # tasks wanted before it
    after: int
    completed_at: float | None  # seconds since the epoch; None: not yet


@dataclass(frozen=True)
class Decision:
    """Change the number of tasks."""

    desired: int
    tracking: Tracking  # the policy that asked for it
    alarm: str


def decide(capacity: Capacity, readings: Sequence[Reading], last: Last | None, now: float) -> Decision | None:
    """Return what to change, or None."""
    if any(reading.high == ALARM for reading in readings):
        return _out(capacity, readings, last, now) if capacity.may_scale_out else None
    return _in(capacity, readings, last, now) if capacity.may_scale_in else None


def _out(capacity: Capacity, readings: Sequence[Reading], last: Last | None, now: float) -> Decision | None:
    wishes = [
        (math.ceil(_base(capacity, reading, last, now) * reading.load), reading.tracking)
        for reading in readings
        if reading.high == ALARM and reading.load is not None
    ]
    wanted, tracking = max(wishes, key=lambda wish: wish[0], default=(0, None))
    wanted = min(max(wanted, capacity.minimum), capacity.maximum)
    if tracking is None or wanted <= capacity.desired or capacity.desired == 0:
        return None
    return Decision(wanted, tracking, tracking.high_alarm)


def _base(capacity: Capacity, reading: Reading, last: Last | None, now: float) -> int:
    """The tasks that the metric speaks of: during a cool-down those before it, for the new ones do not show yet."""
    scaled_out = last is not None and last.after > last.before
    if last and scaled_out and _cools(last, reading.tracking.out_cooldown, now):
        return last.before
    return capacity.desired


def _in(capacity: Capacity, readings: Sequence[Reading], last: Last | None, now: float) -> Decision | None:
    able = [reading for reading in readings if reading.tracking.scales_in]
    if not able or any(reading.low != ALARM or reading.load is None for reading in able):
        return None
    wishes = [(math.ceil(capacity.desired * (reading.load or 0) / LOWER), reading.tracking) for reading in able]
    wanted, tracking = max(wishes, key=lambda wish: wish[0])
    wanted = min(max(wanted, capacity.minimum), capacity.maximum)
    if wanted >= capacity.desired or (last and _holds(last, tracking, now)):
        return None
    return Decision(wanted, tracking, tracking.low_alarm)


def _holds(last: Last, tracking: Tracking, now: float) -> bool:
    """Whether the last activity forbids to scale in."""
    return _cools(last, tracking.in_cooldown if last.after < last.before else 0, now)


def _cools(last: Last, cooldown: int, now: float) -> bool:
    return last.completed_at is None or now < last.completed_at + cooldown
