"""Closes the loop of a project month by month; a run that is killed anywhere is gone on with by the next.

Each month: its requests reach the live API and their labels follow; the log is compared with the champion's reference;
damage, and nothing else, trains a challenger on the months before, which must beat the champion on the days after; what
passes is deployed, seen live, and promoted.
"""

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

from mlops_lab import catalog, projects
from mlops_lab.candidate import Recipe, train_candidate
from mlops_lab.cloud import api
from mlops_lab.cloud.session import account, caller, client, explained
from mlops_lab.data import predictions
from mlops_lab.data.window import spanned
from mlops_lab.drift.watch import watch
from mlops_lab.errors import LabError
from mlops_lab.load.replay import replay
from mlops_lab.loop.journal import Entry, Journal
from mlops_lab.progress import Timeline
from mlops_lab.projects.project import Window
from mlops_lab.registry.promotion import promote
from mlops_lab.registry.tracking import CHAMPION, Registry, Version
from mlops_lab.retrain import GateRefusedError, publish
from mlops_lab.settings import Settings
from mlops_lab.workflow import deploy_version, serve

FIRST, LAST = "2020-01", "2020-06"  # the months in which New York stands still
MONTHS = 3  # that a challenger learns from, with the one that did the damage
JUDGED_FROM = 21  # day of the last month from which it and the champion are judged; it learns from the days before
SHIPPED = 90.0  # seconds until what was answered must be in the log
POLL = 1.0
TAG = "loop"  # of a training run: the month whose damage asked for it


def close(settings: Settings, project: str, first: str, last: str, speed: float, timeline: Timeline) -> list[Journal]:
    """Close the loop over months and return what was done in each, also before this run.

    Args:
        settings: The target.
        project: One whose requests have a time.
        first: Month, such as 2020-01.
        last: Month, the last one.
        speed: Of the traffic, times the rows' own pace.
        timeline: Told of every step.

    Raises:
        LabError: A step fails; the next run goes on with it.
    """
    projects.get(project)
    wanted = list(months(first, last))
    serve(settings, project, timeline)
    with explained(settings):
        journals = _journals(settings, project, wanted)
        for month, journal in zip(wanted, journals, strict=True):
            with timeline.step("loop", journal.month):
                _Month(settings, project, month, journal, timeline).close(speed)
    return journals


def read(settings: Settings, project: str, first: str, last: str) -> list[Journal]:
    """Return what was done in months that have been closed.

    Raises:
        LabError: One of them has not.
    """
    with explained(settings):
        journals = _journals(settings, projects.get(project).name, list(months(first, last)))
    if missing := [each.month for each in journals if "drift" not in each.steps]:
        raise LabError(
            f"The loop of {project} has not closed {', '.join(missing)}; `make loop PROJECT={project}` does."
        )
    return journals


def _journals(settings: Settings, project: str, wanted: Sequence[Window]) -> list[Journal]:
    s3, bucket = client(settings, "s3"), catalog.predictions_bucket(account(settings))
    return [Journal(s3, bucket, project, f"{month.start:%Y-%m}") for month in wanted]


class _Month:
    """One month of a project's loop."""

    def __init__(self, settings: Settings, project: str, month: Window, journal: Journal, timeline: Timeline):
        self.settings, self.project, self.month, self.journal = settings, project, month, journal
        self.timeline, self.say = timeline, timeline.lane("loop")
        self.registry = Registry(settings, project)

    def close(self, speed: float) -> None:
        """Take the steps that are not taken yet."""
        self.journal.once("traffic", lambda: self._traffic(speed))
        drift = self.journal.once("drift", self._drift)
        self.say(f"{self.journal.month}: {drift['verdict']}; {drift['reasons'][0]}")
        if drift["verdict"] != "damage":
            return
        retrained = self.journal.once("retrain", self._retrain)
        if retrained["version"] is None:
            self.say(retrained["refusal"])
            return
        self.journal.once("deploy", lambda: self._deploy(retrained["version"]))
        promoted = self.journal.once("promote", lambda: self._promote(retrained["version"], drift))
        self.say(promoted["promotion"])

    def _traffic(self, speed: float) -> Entry:
        called, start = f"loop-{self.journal.month}", datetime.now(UTC)
        sent = replay(self.settings, self.project, self.month, speed, self.timeline.quote("loop"), called=called)
        self._wait_for_log(called, start, sent.rows)
        mean = sent.error / sent.delivered if sent.delivered else None
        return {
            "rows": sent.rows,
            "failed": sent.failed,
            "labels": sent.delivered,
            "error": mean,
            "versions": sent.versions,
        }

    def _wait_for_log(self, called: str, start: datetime, rows: int) -> None:
        deadline, since = time.monotonic() + SHIPPED, start - timedelta(hours=1)  # the run before may have begun
        while True:
            until = datetime.now(UTC) + timedelta(minutes=1)
            logged = predictions.read(self.settings, self.project, since, until)
            known = int(logged["request_id"].str.startswith(f"{called}-").sum())
            if known >= rows:
                return
            if time.monotonic() > deadline:
                raise LabError(f"Of {rows:,} answered rows {known:,} are in the log after {SHIPPED:.0f} s; repeat.")
            time.sleep(POLL)

    def _drift(self) -> Entry:
        looked, run = watch(self.settings, self.project, self.journal.month)
        drift = looked.drift
        performance = drift.performance
        return {
            "verdict": drift.verdict,
            "reasons": list(drift.reasons),
            "version": drift.version,
            "error": performance.mean if performance else None,
            "reference": performance.reference if performance else None,
            "run": run,
        }

    def _retrain(self) -> Entry:
        """Train and register a challenger, or take the one that a killed run has registered for this month."""
        version = self._registered()
        if version is not None:
            return {"version": version.version, "run": version.run_id, "refusal": None}
        cut = self.month.start.replace(day=JUDGED_FROM)
        recipe = Recipe(train=Window(_before(self.month.start, MONTHS - 1), cut), test=Window(cut, self.month.end))
        candidate = train_candidate(projects.get(self.project), self.settings, recipe)
        try:
            made = publish(candidate, self.settings, tags={TAG: self.journal.month})
        except GateRefusedError as refusal:
            return {"version": None, "run": None, "refusal": str(refusal)}
        return {"version": made.version, "run": made.run_id, "refusal": None}

    def _registered(self) -> Version | None:
        runs = {each.info.run_id for each in self.registry.runs(**{TAG: self.journal.month})}
        return next((each for each in self.registry.versions() if each.run_id in runs), None)

    def _deploy(self, version: str) -> Entry:
        deploy_version(self.settings, self.project, version, self.timeline)
        return {"version": api.metadata(self.settings, self.project)["version"]}

    def _promote(self, version: str, drift: Entry) -> Entry:
        champion = self.registry.aliased(CHAMPION)
        if champion is not None and champion.version == version:
            return {"promotion": f"version {version} is the champion already"}
        why = f"loop: {drift['verdict']} in {self.journal.month}, drift run {drift['run']}"
        return {"promotion": str(promote(self.registry, version, caller(self.settings), why))}


def months(first: str, last: str) -> Iterator[Window]:
    """Yield the months from the first to the last.

    Raises:
        LabError: One of them is no month, or they are the wrong way round.
    """
    days = spanned(first, last)
    start = days.start.replace(day=1)
    while start < days.end:
        following = _before(start, -1)
        yield Window(start, following)
        start = following


def _before(month: date, count: int) -> date:
    """The first day of the month that is so many before; a negative count is after."""
    number = month.year * 12 + month.month - 1 - count
    return date(number // 12, number % 12 + 1, 1)
