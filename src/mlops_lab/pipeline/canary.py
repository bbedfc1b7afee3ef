"""Judges a canary by its own requests against those of stable in the same window. Pure.

Each look spends a part of a total chance of rolling back a canary that is as good as stable: the parts 6/(pi k)^2 of
the looks k = 1, 2, ... sum to one, so that looking often does not add to it (alpha spending by a union bound, which is
conservative; Lan and DeMets, Discrete sequential boundaries for clinical trials, Biometrika 70, 1983).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.stats import binom, chi2_contingency

SIGMAS = 3.1  # of a binomial count: 99.9 %
Decision = Literal["go on", "pass", "roll back"]


@dataclass(frozen=True)
class Counts:
    """What a track answered in a step so far."""

    requests: int
    errors: int  # 5xx
    slow: int  # over a limit that is taken from stable
    scores: tuple[int, ...]  # by the bins of the stable model's reference


@dataclass(frozen=True)
class Limits:
    """What is tolerated."""

    chance: float = 0.01  # of rolling a canary back that is as good as stable, by each of the three tests of a step
    requests: int = 100  # of the canary, below which nothing is judged
    errors: float = 0.005  # that its share of 5xx may exceed stable's by
    slow: float = 0.10  # likewise its share of slow answers: they come in bursts, and so do not count one by one
    scores: float = 0.15  # total variation distance of the scores: two good versions differ a little


@dataclass(frozen=True)
class Verdict:
    """What is to be done, and why."""

    decision: Decision
    reasons: tuple[str, ...]
    figures: Mapping[str, float]


def judge(stable: Counts, canary: Counts, limits: Limits, look: int) -> Verdict:
    """Judge a step by what both tracks have answered in it, at its first, second, ... look."""
    if min(canary.requests, stable.requests) < limits.requests:
        return Verdict("go on", (f"{min(canary.requests, stable.requests)} of {limits.requests} requests",), {})
    level = limits.chance * 6 / (math.pi * look) ** 2
    found = {
        "5xx": (_more(stable, canary, "errors"), limits.errors, _chance(stable, canary, "errors")),
        "slow": (_more(stable, canary, "slow"), limits.slow, _chance(stable, canary, "slow")),
        "scores": (_distance(stable.scores, canary.scores), limits.scores, _other(stable.scores, canary.scores)),
    }
    bad = [
        f"{name} differ by {more:.1%}, tolerated are {limit:.1%} (p {chance:.1g})"
        for name, (more, limit, chance) in found.items()
        if more > limit and chance < level
    ]
    figures = {
        f"{name} {what}": value for name, (more, _, p) in found.items() for what, value in (("more", more), ("p", p))
    }
    if bad:
        return Verdict("roll back", tuple(bad), figures)
    if sum(stable.scores) >= limits.requests > (logged := sum(canary.scores)):
        return Verdict("go on", (f"{logged} of {limits.requests} scores are in the log",), figures)
    return Verdict("pass", ("as stable",), figures)


def half_bound(requests: int) -> float:
    """How far from half of the requests a fair coin leads, at 99.9 %."""
    return SIGMAS * math.sqrt(requests) / 2


def _more(stable: Counts, canary: Counts, name: str) -> float:
    """How much larger the canary's share is."""
    return float(getattr(canary, name) / canary.requests - getattr(stable, name) / stable.requests)


def _chance(stable: Counts, canary: Counts, name: str) -> float:
    """The chance of as many at the canary by equal rates, given how many there are in all (one-sided, conservative)."""
    theirs, mine = getattr(stable, name), getattr(canary, name)
    return float(binom.sf(mine - 1, theirs + mine, canary.requests / (canary.requests + stable.requests)))


def _distance(stable: Sequence[int], canary: Sequence[int]) -> float:
    """Total variation distance of two histograms; 0 where one is empty."""
    if not sum(stable) or not sum(canary):
        return 0.0
    shares = np.asarray(stable) / sum(stable) - np.asarray(canary) / sum(canary)
    return float(np.abs(shares).sum() / 2)


def _other(stable: Sequence[int], canary: Sequence[int]) -> float:
    """The chance of histograms so different by one distribution (chi-squared); 1 where one is empty."""
    table = np.asarray([stable, canary])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return 1.0
    return float(chi2_contingency(table).pvalue)
