"""What must hold whatever goes wrong. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from mlops_lab.chaos.traffic import Request


@dataclass(frozen=True)
class Look:
    """What the APIs said at one moment; None where one of them did not answer."""

    weights: Mapping[str, int] | None  # track -> per cent
    healthy: Mapping[str, int] | None  # track -> targets that can answer
    wanted: int | None  # tasks that the stable service is to have
    champions: int | None  # versions with the alias
    shed: Mapping[str, int] | None = None  # serving task -> predictions that it has not logged since its start


@dataclass(frozen=True)
class Standing:
    """Who is in charge, as everybody says who has a part of it; None where one of them does not answer."""

    live_versions: str | None  # by every task of stable
    champion: str | None  # by the registry
    canary_weight: int | None  # by the balancer's rule
    recorded_weight: int | None  # by the canary's record in S3
    open_canary: bool | None  # by the same
    canary_tasks: int | None  # that its service is to have

    @property
    def parts(self) -> dict[str, object]:
        """Each part by its name."""
        return {
            "the live version": self.live_versions,
            "the champion": self.champion,
            "the canary's weight": self.canary_weight,
            "the weight in its record": self.recorded_weight,
            "an open canary": self.open_canary,
            "the canary's number of tasks": self.canary_tasks,
        }


@dataclass(frozen=True)
class Seen:
    """All that an experiment saw."""

    requests: Sequence[Request]
    looks: Sequence[Look]  # the first before the fault, the last after the last request
    logged: Collection[str]  # ids in the prediction log in the end
    met: int  # processes that the fault killed, or calls that met it
    recovered: float | None  # seconds after the fault's end until everything was as before; None: not in time
    standing: Standing  # in the end
    meant: Standing  # by what was so before and what the act under way was to change
    told: bool = True  # whether the act under way succeeded, or said in one line why not
    mended: bool = True  # whether what it left was brought to its end by the RUNBOOK's command
    unsettles: bool = False  # the fault ends stable's tasks, or the knowledge of their health
    sheds: bool = False  # the fault lets tasks shed predictions from the log, and never answers
    alone: bool = True  # nobody else sends requests


def broken(seen: Seen) -> list[str]:
    """Say which invariants do not hold, with what was seen; empty where all do.

    A look at nothing proves nothing: there must have been requests, answers and looks.
    """
    return [said for said in _broken(seen) if said]


def _broken(seen: Seen) -> Iterable[str]:
    yield from _predictions(seen)
    yield "" if seen.met else "nothing met the fault"
    yield from _weights(seen.looks)
    # One look may fall between a target's end and the balancer's notice of it; two in a row may not, for a canary's.
    yield _nowhere(seen.looks, "canary")
    yield "" if seen.unsettles else _nowhere(seen.looks, "stable")
    champions = [look.champions for look in seen.looks if look.champions is not None]
    yield f"{max(champions)} champions at a time" if champions and max(champions) > 1 else ""
    yield "" if champions else "the registry was never looked at"
    wanted = [look.wanted for look in seen.looks if look.wanted is not None]
    yield "the stable service was to have no task" if 0 in wanted else ""
    yield "" if seen.recovered is not None else "not everything was as before in time"
    yield from _standing(seen.standing, seen.meant)
    yield "" if seen.told else "the command under way did not say in one line why it failed"
    yield "" if seen.mended else "the RUNBOOK's command did not bring it to its end"


def _predictions(seen: Seen) -> Iterable[str]:
    """Acknowledged is logged, or counted as shed where the fault is one that sheds; then no request may fail."""
    acknowledged = {each.id for each in seen.requests if each.error is None}
    lost, counted = sorted(acknowledged - set(seen.logged)), shed(seen.looks)
    yield "" if acknowledged else "no prediction was acknowledged"
    if not seen.sheds:
        yield f"{len(lost)} acknowledged predictions are not in the log, such as {lost[0]}" if lost else ""
        yield f"{counted} predictions were shed" if counted else ""
        return
    matched = len(lost) == counted if seen.alone else len(lost) <= counted
    yield "" if matched else f"{len(lost)} acknowledged predictions are not in the log, and {counted} counted as shed"
    failed = sum(each.error is not None for each in seen.requests)
    yield f"{failed} requests failed for want of a log" if failed else ""


def shed(looks: Sequence[Look]) -> int:
    """Add up what tasks have counted as shed from the first look on; one that began later counted from nothing."""
    seen, total = dict(looks[0].shed or {}) if looks else {}, 0
    for look in looks[1:]:
        for task, count in (look.shed or {}).items():
            last = seen.get(task, 0)
            total += count - last if count >= last else count  # another task at its address
            seen[task] = count
    return total


def _weights(looks: Sequence[Look]) -> Iterable[str]:
    known = [look.weights for look in looks if look.weights is not None]
    yield "" if known else "the weights were never looked at"
    wrong = [weights for weights in known if sum(weights.values()) != 100 or min(weights.values()) < 0]
    yield f"weights were {dict(wrong[0])}" if wrong else ""
    yield "stable had no weight" if any(weights.get("stable", 0) == 0 for weights in known) else ""


def _nowhere(looks: Sequence[Look], track: str) -> str:
    unhealthy = [_points_nowhere(look, track) for look in looks]
    return f"{track} had requests and no healthy target" if any(a and b for a, b in pairwise(unhealthy)) else ""


def _points_nowhere(look: Look, track: str) -> bool:
    if look.weights is None or look.healthy is None:
        return False
    return look.weights.get(track, 0) > 0 and look.healthy.get(track, 0) == 0


def _standing(found: Standing, meant: Standing) -> Iterable[str]:
    for name, wanted in meant.parts.items():
        yield "" if found.parts[name] == wanted else f"in the end {name} is {found.parts[name]}, not {wanted}"


def longest_outage(requests: Sequence[Request]) -> float:
    """Return the longest time in which no request that was sent was acknowledged, in seconds; 0 where none failed."""
    longest, began = 0.0, None
    for each in sorted(requests, key=lambda request: request.sent):
        if each.error is None:
            began = None
            continue
        began = each.sent if began is None else began
        longest = max(longest, each.ended - began)
    return longest
