"""The autoscaling experiment: load that one task cannot take, until tasks are added and, after it, taken away again.

Everything but the client's own figures is read from CloudWatch and Application Auto Scaling afterwards, as it would be
on AWS. Times are counted in the target's metric periods (60 s on AWS), for alarms and scaling count in them too.
"""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from mlops_lab import catalog
from mlops_lab.cloud import alarms, metrics, scaling
from mlops_lab.cloud.session import client, explained
from mlops_lab.load.live import Aim, aim, offer
from mlops_lab.load.profile import Profile, constant, duration, steps
from mlops_lab.load.summary import Summary
from mlops_lab.progress import Say, silent
from mlops_lab.settings import Settings

WARM, BUSY, CALM = 2, 9, 40  # periods of each stage at most; the last ends when one task is left
SPARE = 4  # periods after the load, in which alarms return to OK
MISTAKES_AT, MISTAKES = 4, 3  # periods: when the bad requests begin, and how long they last
BAD = b'{"instances": []}'  # answered with 422
LOOK = 2.0  # seconds between two looks at the service


@dataclass(frozen=True)
class Rates:
    """Requests a second of the stages, and of those that are answered with 4xx."""

    calm: float = 5
    busy: float = 40
    mistakes: float = 3


@dataclass(frozen=True)
class Experiment:
    """What the clients saw, and what the cloud recorded meanwhile."""

    project: str
    rates: Rates
    start: datetime
    end: datetime
    summary: Summary
    mistakes: Summary
    counts: tuple[tuple[datetime, int, int], ...]  # moment, tasks wanted, tasks running
    series: Mapping[str, metrics.Series]  # by the keys of cloud.metrics.METRICS
    activities: tuple[scaling.Activity, ...]
    changes: tuple[alarms.Change, ...]
    actions: tuple[alarms.Action, ...]


def run(settings: Settings, project: str, say: Say = silent, rates: Rates | None = None) -> Experiment:
    """Offer the load, wait until the service is back at its fewest tasks, and return all that was seen.

    It takes about 35 periods: 6 minutes in the embedded cloud, 35 on AWS.

    Raises:
        LabError: The project is not live or does not scale.
    """
    chosen, period = rates or Rates(), settings.metric_period
    bounds = scaling.bounds(settings, project)
    target = aim(settings, project)
    watch = Watch(settings, project, bounds.minimum, say)
    start = datetime.now(UTC)
    stages = steps((chosen.calm, WARM * period), (chosen.busy, BUSY * period), (chosen.calm, CALM * period))
    say(f"{chosen.calm:g}, {chosen.busy:g} and again {chosen.calm:g} requests a second to {project}")
    with ThreadPoolExecutor(2, thread_name_prefix="experiment") as pool:
        stop = threading.Event()
        good = pool.submit(offer, target, stages, stop=stop)
        bad = pool.submit(_mistaken, target, chosen.mistakes, period, stop)
        watch.until_calm(start + timedelta(seconds=(WARM + BUSY) * period), duration(stages), good.done)
        time.sleep(0 if good.done() else SPARE * period)
        stop.set()
        summary, mistakes = good.result(), bad.result()
    time.sleep(period)  # what the last requests were is published after their period
    return _recorded(settings, project, chosen, start, summary, mistakes, watch)


class Watch:
    """Looks at a service's tasks while load is offered."""

    def __init__(self, settings: Settings, project: str, minimum: int, say: Say):
        self._ecs = client(settings, "ecs")
        self._settings, self._name, self._minimum, self._say = settings, catalog.service(project), minimum, say
        self.counts: list[tuple[datetime, int, int]] = []

    def until_calm(self, busy_until: datetime, seconds: float, over: Callable[[], bool]) -> None:
        """Look until the busy stage is over and no more than the fewest tasks are left, or the time is."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not over():
            moment, desired, running = self._look()
            if moment > busy_until and desired == running == self._minimum:
                return
            time.sleep(LOOK)

    def _look(self) -> tuple[datetime, int, int]:
        with explained(self._settings):
            service = self._ecs.describe_services(cluster=catalog.CLUSTER, services=[self._name])["services"][0]
        seen = (datetime.now(UTC), int(service["desiredCount"]), int(service["runningCount"]))
        if not self.counts or self.counts[-1][1:] != seen[1:]:
            self._say(f"{seen[2]} of {seen[1]} tasks run")
        self.counts.append(seen)
        return seen


def _mistaken(target: Aim, rate: float, period: int, stop: threading.Event) -> Summary:
    """Send bad requests for a while, as a client with a mistake would."""
    stop.wait(MISTAKES_AT * period)
    profile: Profile = constant(rate, MISTAKES * period)
    return offer(replace(target, bodies=[BAD]), profile, stop=stop)


def _recorded(
    settings: Settings,
    project: str,
    rates: Rates,
    start: datetime,
    summary: Summary,
    mistakes: Summary,
    watch: Watch,
) -> Experiment:
    end = datetime.now(UTC)
    return Experiment(
        project,
        rates,
        start,
        end,
        summary,
        mistakes,
        tuple(watch.counts),
        metrics.read(settings, project, start, end),
        tuple(scaling.activities(settings, project, start)),
        tuple(alarms.changes(settings, start, end)),
        tuple(alarms.actions(settings, start, end)),
    )
