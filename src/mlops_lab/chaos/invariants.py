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


@dataclass(frozen=True)
class Seen:
    """All that an experiment saw."""

    requests: Sequence[Request]
    looks: Sequence[Look]
    logged: Collection[str]  # ids in the prediction log in the end
    met: int  # processes that the fault killed, or calls that met it
    recovered: float | None  # seconds after the fault's end until everything was as before; None: not in time
    told: bool = True  # whether the act under way succeeded, or said in one line why not
    mended: bool = True  # whether what it left was brought to its end by the RUNBOOK's command


def broken(seen: Seen) -> list[str]:
    """Say which invariants do not hold, with what was seen; empty where all do.

    A look at nothing proves nothing: there must have been requests, answers and looks.
    """
    return [said for said in _broken(seen) if said]


def _broken(seen: Seen) -> Iterable[str]:
    acknowledged = {each.id for each in seen.requests if each.error is None}
    lost = sorted(acknowledged - set(seen.logged))
    yield f"{len(lost)} acknowledged predictions are not in the log, such as {lost[0]}" if lost else ""
    yield "" if acknowledged else "no prediction was acknowledged"
    yield "" if seen.met else "nothing met the fault"
    yield from _weights(seen.looks)
    champions = [look.champions for look in seen.looks if look.champions is not None]
    yield f"{max(champions)} champions at a time" if champions and max(champions) > 1 else ""
    yield "" if champions else "the registry was never looked at"
    wanted = [look.wanted for look in seen.looks if look.wanted is not None]
    yield "the stable service was to have no task" if 0 in wanted else ""
    yield "" if seen.recovered is not None else "not everything was as before in time"
    yield "" if seen.told else "the command under way did not say in one line why it failed"
    yield "" if seen.mended else "the RUNBOOK's command did not bring it to its end"


def _weights(looks: Sequence[Look]) -> Iterable[str]:
    known = [look.weights for look in looks if look.weights is not None]
    yield "" if known else "the weights were never looked at"
    wrong = [weights for weights in known if sum(weights.values()) != 100 or min(weights.values()) < 0]
    yield f"weights were {dict(wrong[0])}" if wrong else ""
    # One look may fall between a target's end and the balancer's notice of it; two in a row may not, for a canary's.
    unhealthy = [_points_nowhere(look) for look in looks]
    yield "the canary had requests and no healthy target" if any(a and b for a, b in pairwise(unhealthy)) else ""


def _points_nowhere(look: Look) -> bool:
    if look.weights is None or look.healthy is None:
        return False
    return look.weights.get("canary", 0) > 0 and look.healthy.get("canary", 0) == 0


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
