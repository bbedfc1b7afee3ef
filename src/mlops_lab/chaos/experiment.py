"""One experiment: steady traffic, an act under way, a fault in its middle, and what held; and all of them in a row."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from mlops_lab.chaos import acts
from mlops_lab.chaos.acts import ACTS, Act, Done
from mlops_lab.chaos.faults import FAULTS, PROJECT, Fault
from mlops_lab.chaos.invariants import Seen, broken, longest_outage, shed
from mlops_lab.chaos.traffic import Request, offered
from mlops_lab.chaos.watch import Watch, looking
from mlops_lab.data import predictions
from mlops_lab.errors import LabError
from mlops_lab.load.live import aim
from mlops_lab.progress import Say
from mlops_lab.settings import Settings

BEFORE = 2.0  # seconds of traffic before anything happens, and after all is over
LOGGED_IN_TIME = 90.0  # seconds until the log has what was acknowledged
# Faults that come in the middle of each act, too.
IN_THE_MIDDLE = ("task", "memory", "log-disk-full", "cloud", "mlflow", "s3-failing")


@dataclass(frozen=True)
class Mended:
    """What brought an act to its end that had failed."""

    by: str
    ended: Done
    is_success: bool


@dataclass(frozen=True)
class Course:
    """What happened between the first and the last request."""

    met: int
    done: Done  # the act
    again: Mended | None  # what brought it to its end; None: it did not fail
    recovered: float | None  # seconds after the fault until everything was as before


@dataclass(frozen=True)
class Survived:
    """What came of an experiment."""

    fault: str
    what: str
    during: str  # the act under way; empty: none
    met: int  # processes that were killed, or calls that were refused or held up
    requests: int
    failed: int
    shed: int  # answered and not logged, as tasks counted
    errors: dict[str, int]
    outage: float  # longest time without an acknowledged prediction, seconds
    recovered: float | None  # seconds after the fault until everything was as before
    mended: str  # the RUNBOOK's commands that it took; empty: none
    act: str  # how the act ended, and what brought it to its end where it failed
    broken: list[str]  # invariants that did not hold

    @property
    def holds(self) -> bool:
        """Whether every invariant held."""
        return not self.broken


def plan(fault: str | None = None, during: str | None = None) -> list[tuple[Fault, Act | None]]:
    """List the experiments: every fault alone, and some in the middle of each act; or those with these names.

    Raises:
        LabError: There is no such fault or act.
    """
    known = {each.name: each for each in FAULTS}
    under_way = {each.name: each for each in ACTS}
    if fault and fault not in known:
        raise LabError(f"FAULT is {fault!r}; use one of {', '.join(known)}.")
    if during and during not in under_way:
        raise LabError(f"DURING is {during!r}; use one of {', '.join(under_way)}.")
    if fault:
        return [(known[fault], under_way[during] if during else None)]
    every = [] if during else [(each, None) for each in FAULTS]
    chosen = [under_way[during]] if during else list(ACTS)
    return [*every, *((known[name], act) for act in chosen for name in IN_THE_MIDDLE)]


def run(settings: Settings, chosen: Sequence[tuple[Fault, Act | None]], minutes: float, say: Say) -> list[Survived]:
    """Make experiments one after another; none is begun after so many minutes.

    Raises:
        LabError: The lab is not sound to begin with, or an experiment left it so that the next one would mean nothing.
    """
    before = acts.in_charge(settings)
    try:
        return _in_turn(settings, chosen, minutes, say)
    finally:
        for ended in acts.restore(settings, before):
            say(f"as before: {ended.said}")


def _in_turn(
    settings: Settings, chosen: Sequence[tuple[Fault, Act | None]], minutes: float, say: Say
) -> list[Survived]:
    began, done = time.monotonic(), list[Survived]()
    for fault, act in chosen:
        if time.monotonic() - began > 60 * minutes:
            say(f"{len(chosen) - len(done)} experiments are left out: {minutes:g} minutes are over")
            break
        name = f"{fault.name} during {act.name}" if act else fault.name
        say(f"{name}: {fault.what} ...")
        done.append(experiment(settings, fault, act))
        if act:
            say(f"{name}: {done[-1].act}")
        said = "; ".join(done[-1].broken) or "every invariant held"
        say(f"{name}: {done[-1].failed} of {done[-1].requests} requests failed; {said}")
    return done


def experiment(settings: Settings, fault: Fault, act: Act | None = None) -> Survived:
    """Let a fault happen under traffic, in the middle of an act where there is one.

    Raises:
        LabError: The lab is not sound to begin with.
    """
    watch = Watch(settings)
    if watch.recovery() is None:
        raise LabError("The lab is not sound, so that an experiment would mean nothing; see `make status`.")
    target, name, began = aim(settings, PROJECT, varied=True), f"chaos-{uuid4().hex[:12]}", datetime.now(UTC)
    command = act.command(settings) if act else ()
    meant = acts.meant(acts.in_charge(settings), act, command)
    with looking(watch) as looks, offered(target, name) as traffic:
        time.sleep(BEFORE)
        course = _course(watch, settings, fault, act, command)
        time.sleep(BEFORE)
    seen = Seen(
        requests=traffic.requests,
        looks=looks,
        logged=_logged(settings, name, began, traffic.requests, shed(looks) if fault.sheds else 0),
        met=shed(looks) if fault.sheds else course.met,
        recovered=course.recovered,
        standing=watch.standing(),
        meant=meant,
        told=course.done.is_told,
        mended=course.again is None or course.again.is_success,
        unsettles=fault.unsettles,
        sheds=fault.sheds,
        alone=act is None,
    )
    return _survived(fault, act, seen, course)


def _course(watch: Watch, settings: Settings, fault: Fault, act: Act | None, command: tuple[str, ...]) -> Course:
    """Begin the act, let the fault happen in its middle, and wait until all is as before."""
    process = acts.start(settings, command) if act else None
    time.sleep(act.lead if act else 0.0)
    met = fault.make(settings)
    over = time.monotonic()
    done = acts.end(process) if process else Done(0, "")
    again = _mended(watch, settings, act, command, done) if act else None
    recovered = time.monotonic() - over if watch.recovery() is not None else None
    return Course(met, done, again, recovered)


def _mended(watch: Watch, settings: Settings, act: Act, command: tuple[str, ...], done: Done) -> Mended | None:
    """Bring an act that failed to its end as the RUNBOOK says; None where it did not fail."""
    if done.is_success(act.answers):
        return None
    # Without an open canary, `make rollback` would move the champion.
    is_rollback = act.mended is not None and bool(watch.standing().open_canary)
    ended = acts.end(acts.start(settings, act.mended if act.mended and is_rollback else command))
    by = f"make {act.mended[0]}" if act.mended and is_rollback else "the same command again"
    return Mended(by, ended, ended.is_success(act.answers))


def _logged(settings: Settings, name: str, began: datetime, requests: Sequence[Request], shed: int) -> set[str]:
    """Read the ids of these requests from the prediction log, when all but the shed are there or the time is over."""
    wanted = {each.id for each in requests if each.error is None}
    late = time.monotonic() + LOGGED_IN_TIME
    while True:
        found = _ids(settings, name, began)
        if len(wanted - found) <= shed or time.monotonic() > late:
            return found
        time.sleep(1.0)


def _ids(settings: Settings, name: str, began: datetime) -> set[str]:
    # A clock that was ahead does not date a record: tasks date them by their own.
    frame = predictions.shipped(
        settings, PROJECT, began - timedelta(minutes=1), datetime.now(UTC) + timedelta(minutes=1)
    )
    return {each for each in frame["request_id"] if str(each).startswith(name)}


def _survived(fault: Fault, act: Act | None, seen: Seen, course: Course) -> Survived:
    failed = [each.error for each in seen.requests if each.error]
    commands = [each for each in (fault.mended, course.again.by if course.again else "") if each]
    ends = [course.done, *([course.again.ended] if course.again else [])] if act else []
    return Survived(
        fault=fault.name,
        what=fault.what,
        during=act.name if act else "",
        met=seen.met,
        requests=len(seen.requests),
        failed=len(failed),
        shed=shed(seen.looks),
        errors={kind: failed.count(kind) for kind in sorted(set(failed))},
        outage=round(longest_outage(seen.requests), 2),
        recovered=None if seen.recovered is None else round(seen.recovered, 1),
        mended=", ".join(commands),
        act="; then ".join(f"{each.code}: {each.said}"[:300] for each in ends),
        broken=broken(seen),
    )


def show(done: Sequence[Survived], console: Console) -> None:
    """Print a row for each experiment."""
    told = ("met by", "requests", "failed", "shed", "outage s", "sound again s")
    table = Table("fault", "during", *told, "by hand", "holds")
    for each in done:
        held = "yes" if each.holds else f"[red]no[/red]: {'; '.join(each.broken)}"
        again = "not in time" if each.recovered is None else f"{each.recovered:.1f}"
        counts = (f"{count:,}" for count in (each.met, each.requests, each.failed, each.shed))
        seconds = (f"{each.outage:.2f}", again)
        table.add_row(each.fault, each.during or "nothing", *counts, *seconds, each.mended or "nothing", held)
    console.print(table)


def document(settings: Settings, done: Sequence[Survived]) -> dict[str, object]:
    """Return what is kept of a whole run, as JSON values."""
    return {
        "recorded": datetime.now(UTC).date().isoformat(),
        "driver": settings.driver,
        "experiments": [asdict(each) | {"holds": each.holds} for each in done],
    }
