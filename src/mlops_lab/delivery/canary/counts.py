"""What a canary is judged by: what its own target group, the balancer and the prediction log say of a window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from mlops_lab import catalog
from mlops_lab.cloud import metrics
from mlops_lab.cloud.metrics import BALANCER, Metric, Series
from mlops_lab.cloud.session import client, explained
from mlops_lab.delivery.canary.score_log import ScoreLog
from mlops_lab.delivery.canary.traffic_split import CANARY, STABLE
from mlops_lab.pipeline.canary import Counts
from mlops_lab.settings import Settings

SLOW, TIMES = "p95", 2.0  # of stable's answers: what takes twice as long is slow
LOOK_BACK = 6  # periods of stable's traffic before the canary that say what is slow
LEAST = 20  # requests in them
Tracks = Mapping[str, Mapping[str, Series]]  # track -> metric -> its periods


@dataclass(frozen=True)
class Observation:
    """A window of both tracks."""

    stable: Counts
    canary: Counts
    settled: tuple[int, int]  # requests that stable and the canary took since the weights had settled


class Observer:
    """Looks at one canary's tracks."""

    def __init__(
        self, settings: Settings, project: str, versions: Mapping[str, str], edges: Sequence[float], log: ScoreLog
    ):
        """Take what tells the tracks apart.

        Args:
            settings: The target.
            project: Name of the project.
            versions: Track -> model version.
            edges: Inner edges of the bins of scores, by stable's reference.
            log: The prediction log from the canary's beginning on.
        """
        self._settings, self._project = settings, project
        self._versions, self._edges, self._log = dict(versions), tuple(edges), log

    def slow_limit(self, now: datetime) -> float | None:
        """Return twice the seconds that 95 in 100 of stable's latest answers kept to; None: too few to say."""
        start = now - timedelta(seconds=LOOK_BACK * self._settings.metric_period)
        wanted = {
            "requests": Metric(BALANCER, "RequestCount", "Sum"),
            "latency": Metric(BALANCER, "TargetResponseTime", SLOW),
        }
        found = metrics.read(self._settings, self._project, start, now, wanted)
        if sum(found["requests"].values) < LEAST or not found["latency"].values:
            return None
        return TIMES * median(found["latency"].values)

    def observe(self, start: datetime, settled: datetime, now: datetime, slow: float) -> Observation:
        """Return both tracks' counts.

        Args:
            start: Of the window; the period in which it lies counts whole, for the canary had no request before.
            settled: From when on the tracks' shares of the requests are measured.
            now: End of the window.
            slow: Seconds from which a request counts as slow.
        """
        tracks = metrics.read_tracks(self._settings, self._project, start, now, _traffic(slow))
        with explained(self._settings):
            scores = self._log.counts(start, list(self._versions.values()), self._edges)
        found = {track: tally(tracks[track], scores[self._versions[track]]) for track in catalog.TRACKS}
        own = round(sum(tracks[CANARY]["unanswered"].values))
        return Observation(found[STABLE], with_unanswered(found[CANARY], own), taken(tracks, settled))

    def errors(self, start: datetime, end: datetime) -> tuple[int, int]:
        """Return the 5xx of the canary's tasks and of the balancer itself in a window."""
        found = metrics.read_tracks(self._settings, self._project, start, end, _traffic(1.0))[CANARY]
        return round(sum(found["errors"].values)), round(sum(found["unanswered"].values))


def tally(series: Mapping[str, Series], scores: Sequence[int]) -> Counts:
    """Add up a track's periods. Pure."""
    fast = dict(series["fast"].points)
    slow = sum(answers * (1 - fast[when] / 100) for when, answers in series["answers"].points if when in fast)
    requests, errors = (round(sum(series[name].values)) for name in ("requests", "errors"))
    return Counts(requests, errors, min(requests, round(slow)), tuple(scores))


def with_unanswered(counts: Counts, own: int) -> Counts:
    """Count what the balancer answered itself as the canary's: no target group does, and the canary is new. Pure."""
    return Counts(counts.requests + own, counts.errors + own, counts.slow, counts.scores)


def taken(tracks: Tracks, settled: datetime) -> tuple[int, int]:
    """Count each track's requests of the periods that began after the weights had settled. Pure."""
    stable, canary = (
        round(sum(value for when, value in tracks[track]["requests"].points if when >= settled))
        for track in (STABLE, CANARY)
    )
    return stable, canary


def alarming(settings: Settings, project: str) -> list[str]:
    """Return the names of the canary's own alarms that are in ALARM."""
    with explained(settings):
        pages = client(settings, "cloudwatch").get_paginator("describe_alarms")
        found = pages.paginate(AlarmNamePrefix=f"{catalog.service(project, CANARY)}-")
        alarms = [alarm for page in found for alarm in page["MetricAlarms"]]
    return sorted(each["AlarmName"] for each in alarms if each["StateValue"] == "ALARM")


def _traffic(slow: float) -> dict[str, Metric]:
    return {
        "requests": Metric(BALANCER, "RequestCount", "Sum"),
        "errors": Metric(BALANCER, "HTTPCode_Target_5XX_Count", "Sum"),
        "answers": Metric(BALANCER, "TargetResponseTime", "SampleCount"),
        "fast": Metric(BALANCER, "TargetResponseTime", f"PR(:{slow:f})"),
        "unanswered": Metric(BALANCER, "HTTPCode_ELB_5XX_Count", "Sum", "balancer"),
    }
