"""How often the canary's test is wrong, by simulation: good canaries rolled back, and bad ones not.

Usage: python benchmarks/canary.py [--canaries 2000] [--requests 1000]

Each simulated canary gets as many requests as stable, and is looked at after every 25 of them, as a step of 50 % is.
Stable fails 0.2 % of its requests, answers 2.5 % of them slowly and scores evenly over ten bins. The same seed gives
the same table.
"""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median

import numpy as np

from mlops_lab.pipeline.canary import Counts, Limits, judge

EVERY, BINS, SIGMAS = 25, 10, 3
SOUND = (1 / BINS,) * BINS


@dataclass(frozen=True)
class Behaviour:
    """How a track answers: shares of its requests, and of its scores by bin."""

    errors: float = 0.002
    slow: float = 0.025
    scores: tuple[float, ...] = SOUND


def moved(share: float) -> tuple[float, ...]:
    """Scores of which a share has moved from the lower half to the upper one: their total variation distance."""
    half = BINS // 2
    return (1 / BINS - share / half,) * half + (1 / BINS + share / half,) * half


STABLE = Behaviour()
CANARIES: Mapping[str, Behaviour] = {
    "as good as stable": STABLE,
    "1 % of 5xx": Behaviour(errors=0.01),
    "2 % of 5xx": Behaviour(errors=0.02),
    "5 % of 5xx": Behaviour(errors=0.05),
    "a third of 5xx": Behaviour(errors=1 / 3),
    "10 points more slow answers": Behaviour(slow=0.125),
    "25 points more slow answers": Behaviour(slow=0.275),
    "15 % of scores moved": Behaviour(scores=moved(0.15)),
    "25 % of scores moved": Behaviour(scores=moved(0.25)),
    "40 % of scores moved": Behaviour(scores=moved(0.40)),
}


def main() -> int:
    """Print the table; 1 if good canaries are rolled back more often than stated."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--canaries", type=int, default=2_000)
    parser.add_argument("--requests", type=int, default=1_000, help="of the canary in its step")
    options = parser.parse_args()
    stated = 3 * Limits().chance  # of three tests
    print(f"{options.canaries:,} canaries each, {options.requests:,} requests of each track, seed 0")
    print(f"{'canary':<30}{'rolled back':>12}{'passed':>9}{'requests until rollback (median)':>35}")
    found = {}
    for name, behaviour in CANARIES.items():
        random = np.random.default_rng(0)
        ends = [rolled_back_at(behaviour, options.requests, random) for _ in range(options.canaries)]
        seen = [end for end in ends if end]
        found[name] = len(seen) / len(ends)
        print(f"{name:<30}{found[name]:>12.2%}{1 - found[name]:>9.2%}{median(seen) if seen else float('nan'):>35.0f}")
    good = found["as good as stable"]
    allowed = stated + SIGMAS * (stated * (1 - stated) / options.canaries) ** 0.5
    kept = "met" if good <= allowed else "NOT MET"
    print(f"good canaries rolled back: {good:.2%}, stated are at most {stated:.0%}: {kept}")
    return int(good > allowed)


def rolled_back_at(behaviour: Behaviour, requests: int, random: np.random.Generator) -> int:
    """Return after how many requests a canary is rolled back, 0 where it passes."""
    stable, canary = drawn(STABLE, requests, random), drawn(behaviour, requests, random)
    for look in range(1, requests // EVERY + 1):
        if judge(stable[look - 1], canary[look - 1], Limits(), look).decision == "roll back":
            return look * EVERY
    return 0


def drawn(behaviour: Behaviour, requests: int, random: np.random.Generator) -> list[Counts]:
    """Return what a track has answered by each look."""
    looks = requests // EVERY
    errors, slow = (random.binomial(EVERY, share, looks).cumsum() for share in (behaviour.errors, behaviour.slow))
    scores = random.multinomial(EVERY, behaviour.scores, looks).cumsum(axis=0)
    return [
        Counts((look + 1) * EVERY, int(errors[look]), int(slow[look]), tuple(map(int, scores[look])))
        for look in range(looks)
    ]


if __name__ == "__main__":
    raise SystemExit(main())
