"""Canaries: opened, gone on with, rolled back by hand; the composition root of their parts."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from mlops_lab import catalog, projects
from mlops_lab.cloud.session import account, client, explained
from mlops_lab.delivery.canary import faults
from mlops_lab.delivery.canary.controller import Controller
from mlops_lab.delivery.canary.counts import Observer, alarming
from mlops_lab.delivery.canary.deadline import Deadline
from mlops_lab.delivery.canary.load import CanaryLoad
from mlops_lab.delivery.canary.losses import LATE, lost
from mlops_lab.delivery.canary.opening import Wish, opening
from mlops_lab.delivery.canary.parts import Clock, Parts
from mlops_lab.delivery.canary.score_log import ScoreLog
from mlops_lab.delivery.canary.state import Canary, Failures, Store, moment
from mlops_lab.delivery.canary.tracks import Tracks
from mlops_lab.delivery.canary.traffic_split import CANARY, STABLE, TrafficSplit
from mlops_lab.errors import LabError
from mlops_lab.load.live import aim
from mlops_lab.pipeline.canary import Limits
from mlops_lab.progress import Say
from mlops_lab.registry import store as bundles
from mlops_lab.registry.bundle import PROFILE
from mlops_lab.registry.promotion import promote, roll_back
from mlops_lab.registry.tracking import CHAMPION, Registry
from mlops_lab.settings import Settings

LEASE = 20.0  # seconds without a sign of life after which a controller is taken for dead
Show = Callable[[Canary], None]


class SystemClock:
    """This machine's time."""

    def now(self) -> datetime:
        """The moment, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def run_canary(settings: Settings, name: str, wish: Wish, say: Say, show: Show) -> Canary:
    """Release a version beside stable, shift requests to it step by step, and promote it or roll it back.

    A canary that another command left open is gone on with, unless another version was asked for.

    Raises:
        LabError: It cannot be opened, another command runs it, or it cannot be brought to an end now.
    """
    with explained(settings):
        parts = _Canaries(settings, projects.get(name).name, say)
        found = parts.store.read()
        if found is not None and found.is_open:
            _require_same(found, wish)
            found = await_lease(parts.store, found, parts.clock, say)
            say(f"goes on with the canary of version {found.version}, opened at {found.opened}")
        else:
            found = opening(settings, parts.project, wish, parts.tracks, say)
        return parts.drive(parts.store.write(found, parts.clock.now()), wish, show)


def revert_canary(settings: Settings, name: str, why: str, say: Say, show: Show) -> Canary | None:
    """Roll back a project's open canary, whoever runs it; None: there is none.

    Raises:
        LabError: It cannot be brought to an end now; the weights are restored first.
    """
    with explained(settings):
        parts = _Canaries(settings, projects.get(name).name, say)
        found = parts.store.read()
        if found is None or not found.is_open:
            return None
        mine = parts.store.write(found, parts.clock.now())
        return Controller(mine, parts.assemble(mine, None, show)).revert(why or "by hand")


def await_lease(store: Store, found: Canary, clock: Clock, say: Say) -> Canary:
    """Wait until a canary's controller must be dead, and return the canary as it left it.

    Raises:
        LabError: It gives signs of life.
    """
    said = False
    while (clock.now() - moment(found.beat)).total_seconds() < LEASE:
        if not said:
            say(f"a canary of version {found.version} is open; waiting up to {LEASE:.0f} s for a sign of life")
            said = True
        clock.sleep(1)
        latest = store.read()
        if latest is None or not latest.is_open or latest.beat != found.beat:
            raise LabError(
                f"Another command runs the canary of version {found.version} of {found.project}; wait for it, or "
                f"`make rollback PROJECT={found.project}`."
            )
    return found


class _Canaries:
    """What every canary of a project is moved by."""

    def __init__(self, settings: Settings, project: str, say: Say):
        self.settings, self.project, self.clock = settings, project, SystemClock()
        self._s3, self._log = client(settings, "s3"), catalog.predictions_bucket(account(settings))
        self.store = Store(self._s3, self._log, project, uuid4().hex)
        self.split = TrafficSplit(client(settings, "elbv2"), project)
        self.tracks = Tracks(client(settings, "ecs"), project, self.split, say)

    def drive(self, canary: Canary, wish: Wish, show: Show) -> Canary:
        """Bring a canary to its end, under its own load where that was asked for."""
        rate = self.settings.canary_load if wish.load is None else wish.load
        load = CanaryLoad(aim(self.settings, self.project, varied=True), rate) if rate else None
        try:
            return Controller(canary, self.assemble(canary, load, show)).drive()
        finally:
            if load is not None:
                load.end()

    def assemble(self, canary: Canary, load: CanaryLoad | None, show: Show) -> Parts:
        """Return the parts of a canary's controller."""
        settings = self.settings
        deadline = Deadline(client(settings, "scheduler"), client(settings, "iam"), self.project, self.split)
        observer = self._observer(canary)
        return Parts(
            store=self.store,
            split=self.split,
            tracks=self.tracks,
            deadline=deadline,
            observer=observer,
            alarming=lambda: alarming(settings, self.project),
            promote=self._promote,
            demote=self._demote,
            change=faults.change(canary.fault),
            failures=lambda closing: self._failures(closing, observer, load),
            show=show,
            clock=self.clock,
            period=settings.metric_period,
            limits=Limits(),
        )

    def _observer(self, canary: Canary) -> Observer:
        stable = self.tracks.variables(STABLE)
        bundle = bundles.fetch(self._s3, stable["BUNDLE_URI"], stable["BUNDLE_SHA256"])
        edges = bundle.document(PROFILE)["score"]["edges"]
        versions = {STABLE: canary.stable_version, CANARY: canary.version}
        log = ScoreLog(self._s3, self._log, self.project, moment(canary.opened))
        return Observer(self.settings, self.project, versions, edges, log)

    def _promote(self, canary: Canary) -> None:
        registry = Registry(self.settings, self.project)
        champion = registry.aliased(CHAMPION)
        if champion is None or champion.version != canary.version:
            promote(registry, canary.version, canary.who, canary.why)

    def _demote(self, canary: Canary) -> None:
        registry = Registry(self.settings, self.project)
        champion = registry.aliased(CHAMPION)
        if champion is not None and champion.version == canary.version != canary.stable_version:
            roll_back(registry, canary.who, f"canary rolled back: {canary.reason}"[:500])

    def _failures(self, canary: Canary, observer: Observer, load: CanaryLoad | None) -> Failures:
        """Count what clients lost, once CloudWatch can know it."""
        summary = load.end() if load is not None else None
        clients = lost(summary, canary.events) if summary is not None else None
        begun = next((each.at for each in canary.events if each.weight), None)
        if begun is None:
            return Failures(clients, 0, 0)
        self.clock.sleep(1.5 * self.settings.metric_period)
        ended = next(each.at for each in canary.events if not each.weight and each.at > begun)
        return Failures(clients, *observer.errors(moment(begun), moment(ended) + LATE))


def _require_same(found: Canary, wish: Wish) -> None:
    if wish.version not in (None, found.version) or wish.fault not in ("", found.fault):
        raise LabError(
            f"A canary of version {found.version} of {found.project} is open; go on with it (`make canary "
            f"PROJECT={found.project}`) or end it (`make rollback PROJECT={found.project}`) first."
        )
