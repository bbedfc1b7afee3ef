"""How many requests a second are offered over time, and when each of them is due. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_lab.errors import LabError

FORM = "use stages RATE:SECONDS or FROM-TO:SECONDS in requests a second, for example 5:30,5-60:60,60:120"


@dataclass(frozen=True)
class Stage:
    """A stretch of time in which the rate runs evenly from a start to an end, both in requests a second."""

    start: float
    end: float
    seconds: float

    def __post_init__(self) -> None:
        """Refuse what is no rate or no time."""
        numbers = (self.start, self.end, self.seconds)
        if not all(math.isfinite(number) and number >= 0 for number in numbers) or self.seconds == 0:
            raise LabError(f"A load stage is {self.start:g}-{self.end:g}:{self.seconds:g}; {FORM}.")

    @property
    def requests(self) -> float:
        """Requests due by its end."""
        return (self.start + self.end) / 2 * self.seconds

    def moment(self, count: float) -> float:
        """Seconds after which so many requests are due: the rate's integral, solved for time, at most the stage's.

        Rates too small for floating-point numbers give a request at the end.
        """
        if count <= 0:  # what a stage before it left of a request by rounding
            return 0.0
        slope = (self.end - self.start) / self.seconds
        root = math.sqrt(max(self.start**2 + 2 * slope * count, 0.0))
        mean = (self.start + root) / 2
        return min(self.seconds, count / mean) if mean else self.seconds


Profile = tuple[Stage, ...]


def constant(rate: float, seconds: float) -> Profile:
    """One rate throughout."""
    return (Stage(rate, rate, seconds),)


def steps(*stages: tuple[float, float]) -> Profile:
    """Constant rates one after the other, each with its seconds."""
    return tuple(Stage(rate, rate, seconds) for rate, seconds in stages)


def duration(profile: Profile) -> float:
    """Seconds from the first stage's start to the last one's end."""
    return sum(stage.seconds for stage in profile)


def schedule(profile: Profile) -> Iterator[float]:
    """Yield when each request is due, in seconds since the start, evenly spaced at the rate of the moment.

    What one stage leaves of a request is carried into the next, so that a profile offers as many requests as the
    integral of its rate, rounded up: the first is due at once.
    """
    begun, due = 0.0, 0.0  # seconds and requests before this stage
    count = 0
    for stage in profile:
        while count < due + stage.requests - 1e-9:
            yield begun + stage.moment(count - due)
            count += 1
        begun += stage.seconds
        due += stage.requests


def parse(text: str) -> Profile:
    """Read a profile: ``5:30,5-60:60,60:120`` is 30 s at 5 requests a second, 60 s rising to 60, 120 s at 60.

    Raises:
        LabError: The text is no profile.
    """
    return tuple(_stage(part.strip()) for part in text.split(","))


def _stage(text: str) -> Stage:
    rates, _, seconds = text.partition(":")
    start, _, end = rates.partition("-")
    try:
        return Stage(float(start), float(end or start), float(seconds))
    except ValueError:
        raise LabError(f"PROFILE holds {text!r}; {FORM}.") from None
