"""What week 6 must see of canaries and of alarms for errors."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from mlops_lab import catalog
from mlops_lab.cloud import alarms
from mlops_lab.cloud.session import client, explained
from mlops_lab.delivery.canary.opening import Wish
from mlops_lab.delivery.canary.rehearsals import GOOD, bad, recent
from mlops_lab.delivery.canary.run import run_canary
from mlops_lab.delivery.canary.state import Canary, Loss, moment
from mlops_lab.delivery.canary.traffic_split import TrafficSplit
from mlops_lab.load.experiment import BAD
from mlops_lab.load.live import aim, offer
from mlops_lab.load.profile import constant
from mlops_lab.outcomes.outcome import require
from mlops_lab.outcomes.week2 import ONE_AT_A_TIME
from mlops_lab.pipeline.canary import half_bound
from mlops_lab.progress import silent
from mlops_lab.registry.promotion import Promotion, history
from mlops_lab.registry.tracking import Registry
from mlops_lab.settings import Settings

PROJECT = "income"
HALF, ENOUGH = 50, 2_000  # per cent; requests
FAULT = "errors"
BURST = 5.0  # requests a second that are answered with 4xx
PATIENCE = 8  # periods until an alarm has changed its state


def half_of_the_requests_reach_the_canary(settings: Settings) -> str:
    """6.1: at 50/50 both versions answer, each as often as a fair coin allows, by the answers and by the target groups.

    A canary of the last day is taken, or a rehearsal is run that leaves stable and the alias as they are.
    """
    with ONE_AT_A_TIME:
        found = _latest(settings, _saw_enough) or _run(settings, GOOD)
    require(_saw_enough(found), f"the canary of {found.opened} saw too few requests at {HALF} %: {found.reason}")
    assert found.failures is not None
    assert found.failures.clients is not None
    answered = found.failures.clients.answers[HALF]
    versions = {found.stable_version, found.version}
    require(answered.keys() == versions, f"the answers came from versions {answered}")
    counts = {
        "answers": (answered[found.stable_version], answered[found.version]),
        "target groups": _settled(found),
    }
    told = [_within_bound(source, *pair) for source, pair in counts.items()]
    return f"version {found.version} beside {found.stable_version}, {found.opened}: {'; '.join(told)}"


def a_bad_canary_is_reverted_by_itself(settings: Settings) -> str:
    """6.2: bad canaries of the last day were rolled back by themselves, what clients lost is bounded, the alias stayed.

    One that fails some requests is run where there was none.
    """
    with ONE_AT_A_TIME:
        if _latest(settings, _failed_some) is None:
            _run(settings, bad(FAULT))
        found = [each for each in recent(settings, PROJECT) if each.fault and _clients(each) is not None]
        weight = TrafficSplit(client(settings, "elbv2"), PROJECT).read()
    require(any(map(_failed_some, found)), "no bad canary that clients could notice was rolled back")
    require(weight == 0, f"the canary still has {weight} % of the requests")
    moves = history(Registry(settings, PROJECT).notes())
    return "; ".join(_reverted(each, moves) for each in found)


def a_burst_of_errors_is_noticed_and_forgotten(settings: Settings) -> str:
    """6.6: wrong requests move the 4xx alarm to ALARM, its action is executed, and it returns to OK by itself."""
    name = f"{catalog.service(PROJECT)}-client-errors"
    with ONE_AT_A_TIME:
        start = datetime.now(UTC)
        sent = offer(replace(aim(settings, PROJECT), bodies=[BAD]), constant(BURST, 2 * settings.metric_period))
        _await_state(settings, name, "ALARM")
        _await_state(settings, name, "OK")
    time.sleep(2)  # until the action of the return to OK is in the history
    now = datetime.now(UTC)
    changes = [each for each in alarms.changes(settings, start, now) if each.alarm == name]
    acted = [each for each in alarms.actions(settings, start, now) if each.alarm == name and each.succeeded]
    states = [each.after for each in changes]
    require(states == ["ALARM", "OK"], f"{name} went to {states}")
    require(len(acted) >= 2, f"of its actions {len(acted)} were executed")
    went, returned = (each.moment for each in changes)
    return (
        f"{dict(sent.errors)} at {BURST:g} a second: {name} ALARM after {(went - start).total_seconds():.0f} s "
        f"({changes[0].reason}), OK {(returned - went).total_seconds():.0f} s later; notices of both to {acted[0].arn}"
    )


def _reverted(canary: Canary, moves: Sequence[Promotion]) -> str:
    """What became of a bad canary."""
    name, seconds = f"{canary.fault} ({canary.opened})", canary.seconds_to_rollback
    require(canary.phase == "rolled back" and seconds is not None, f"{name} was {canary.phase}")
    closed = moment(canary.events[-1].at)
    moved = [each for each in moves if moment(canary.opened) < moment(each.when) < closed]
    require(not moved, f"{name}: the alias moved: {', '.join(map(str, moved))}")
    require(canary.reason != canary.unnoticed, f"{name}: {canary.reason}")
    clients = _clients(canary)
    assert clients is not None
    lost = f"{clients.failed} of {clients.offered} client requests failed, bound {clients.bound}"
    require(clients.failed <= clients.bound, f"{name}: {lost}")
    return f"{name}: stable at 100 % after {seconds:.0f} s, {lost}, alias unmoved: {canary.reason[:120]}"


def _latest(settings: Settings, fits: Callable[[Canary], bool]) -> Canary | None:
    """Return the last canary of the last day that fits, or None."""
    found = [each for each in recent(settings, PROJECT) if fits(each)]
    return found[-1] if found else None


def _run(settings: Settings, wish: Wish) -> Canary:
    return run_canary(settings, PROJECT, wish, silent, lambda canary: None)


def _clients(canary: Canary) -> Loss | None:
    return canary.failures.clients if canary.failures is not None else None


def _saw_enough(canary: Canary) -> bool:
    clients = _clients(canary)
    answers = clients.answers.get(HALF, {}) if clients is not None else {}
    return min(sum(answers.values()), sum(_settled(canary))) >= ENOUGH


def _failed_some(canary: Canary) -> bool:
    """Whether it was bad on purpose, had requests and failed some."""
    clients = _clients(canary)
    return bool(canary.fault and clients is not None and clients.failed)


def _settled(canary: Canary) -> tuple[int, int]:
    """Requests that the target groups of stable and canary took at 50/50."""
    return next((each.settled for each in reversed(canary.looks) if each.weight == HALF), (0, 0))


def _within_bound(source: str, stable: int, canary: int) -> str:
    total = stable + canary
    bound = half_bound(total)
    told = f"by {source} {canary:,} of {total:,} ({canary / total:.2%}, bound 50 % +- {bound / total:.2%})"
    require(abs(canary - total / 2) <= bound, told)
    return told


def _await_state(settings: Settings, name: str, wanted: str) -> None:
    deadline = time.monotonic() + PATIENCE * settings.metric_period
    with explained(settings):
        cloudwatch = client(settings, "cloudwatch")
        while (alarm := cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0])["StateValue"] != wanted:
            require(
                time.monotonic() < deadline, f"{name} is {alarm['StateValue']}, not {wanted}: {alarm['StateReason']}"
            )
            time.sleep(0.5)
