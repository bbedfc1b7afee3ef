"""What a load run saw: each second of it, and the whole. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Literal

import numpy as np

Bound = Literal["requests", "seconds", "concurrency"]  # which of the limits left a request unsent
NO_VERSION = "none"  # key of answers without a model version


@dataclass(frozen=True)
class Sample:
    """One request that was sent; times in seconds since the run's start."""

    scheduled: float
    sent: float
    finished: float
    error: str | None = None  # None: answered with 2xx
    version: str | None = None  # X-Model-Version of the answer

    @property
    def latency(self) -> float:
        """Seconds from when the request was due, not from when it left: a slow client or server hides nothing."""
        return self.finished - self.scheduled


@dataclass(frozen=True)
class Latency:
    """Percentiles in seconds, by nearest rank: each is a latency that was measured."""

    p50: float
    p90: float
    p99: float
    max: float


@dataclass(frozen=True)
class Second:
    """One second of a run: what was due in it, and what was answered in it."""

    second: int
    offered: int
    dropped: int
    succeeded: int
    failed: int
    in_flight: int  # at its end
    latency: Latency | None  # None: nothing succeeded
    versions: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """A whole run.

    Rates are in requests a second: the offered one over the time in which requests were due, the achieved one
    (successful answers) until the last answer came. Latencies are those of successful answers; the others are
    counted by kind of error. What was due and not sent is counted by the limit that it was beyond.
    """

    started: datetime
    offered: int
    succeeded: int
    errors: Mapping[str, int]
    dropped: Mapping[Bound, int]
    offered_rate: float
    achieved_rate: float
    latency: Latency | None
    delay: float  # most seconds that a request left too late: the generator's own share of the latencies
    versions: Mapping[str, int]
    timeline: Sequence[Second]

    @property
    def failed(self) -> int:
        """Requests that were sent and did not succeed."""
        return sum(self.errors.values())


def summarise(
    samples: Sequence[Sample],
    started: datetime,
    seconds: float,
    crowded: Sequence[float] = (),
    beyond: Mapping[Bound, int] = MappingProxyType({}),
) -> Summary:
    """Draw up what a run saw.

    Args:
        samples: Requests that were sent.
        started: When the run began.
        seconds: How long requests were due.
        crowded: When the requests were due that the limit of concurrency left unsent, in seconds since the start.
        beyond: Requests that were due after another limit had ended the run.
    """
    end = max((sample.finished for sample in samples), default=0.0)
    good = [sample for sample in samples if sample.error is None]
    offered = len(samples) + len(crowded)
    dropped: Mapping[Bound, int] = {"concurrency": len(crowded), **beyond}
    return Summary(
        started=started,
        offered=offered + sum(beyond.values()),
        succeeded=len(good),
        errors=_counts(sample.error for sample in samples if sample.error),
        dropped={bound: count for bound, count in dropped.items() if count},
        offered_rate=offered / seconds if seconds else 0.0,
        achieved_rate=len(good) / max(end, seconds) if good else 0.0,
        latency=latency_of(good),
        delay=max((sample.sent - sample.scheduled for sample in samples), default=0.0),
        versions=versions_of(samples),
        timeline=timeline(samples, max(seconds, end), crowded),
    )


def timeline(samples: Sequence[Sample], seconds: float, crowded: Sequence[float] = ()) -> list[Second]:
    """Return every second of a run, those without a request too."""
    due = _by(samples, lambda sample: sample.scheduled)
    answered = _by(samples, lambda sample: sample.finished)
    dropped = Counter(map(int, crowded))
    found, in_flight = [], 0
    for second in range(int(np.ceil(seconds))):
        in_flight += len(due[second]) - len(answered[second])
        found.append(second_of(second, len(due[second]), dropped[second], answered[second], in_flight))
    return found


def second_of(second: int, sent: int, dropped: int, answered: Sequence[Sample], in_flight: int) -> Second:
    """Draw up one second from how many requests were due in it and which were answered in it."""
    good = [sample for sample in answered if sample.error is None]
    return Second(
        second=second,
        offered=sent + dropped,
        dropped=dropped,
        succeeded=len(good),
        failed=len(answered) - len(good),
        in_flight=in_flight,
        latency=latency_of(good),
        versions=versions_of(answered),
    )


def latency_of(samples: Sequence[Sample]) -> Latency | None:
    """Return the percentiles of samples, or None where there are none."""
    if not samples:
        return None
    values = [sample.latency for sample in samples]
    p50, p90, p99 = np.quantile(values, (0.5, 0.9, 0.99), method="inverted_cdf")
    return Latency(float(p50), float(p90), float(p99), max(values))


def versions_of(samples: Sequence[Sample]) -> dict[str, int]:
    """Count the successful answers by model version."""
    return _counts(sample.version or NO_VERSION for sample in samples if sample.error is None)


def _counts(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


def _by(samples: Sequence[Sample], moment: Callable[[Sample], float]) -> defaultdict[int, list[Sample]]:
    found: defaultdict[int, list[Sample]] = defaultdict(list)
    for sample in samples:
        found[int(moment(sample))].append(sample)
    return found
