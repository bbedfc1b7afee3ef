"""Brings a canary from wherever it is to its end: promoted, or rolled back. What it knows is kept outside it.

Every step can be made again: a controller that dies anywhere leaves an object in S3 from which the next one goes on,
and an armed schedule that gives stable all weight if none comes.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mlops_lab.delivery.canary.opening import UNDECIDED, WAIT
from mlops_lab.delivery.canary.parts import Parts
from mlops_lab.delivery.canary.state import PASSED, Canary, Look, LostError, Phase, moment, stamp
from mlops_lab.delivery.canary.traffic_split import CANARY, STABLE, WHOLE
from mlops_lab.errors import LabError
from mlops_lab.pipeline.canary import Counts, Verdict, judge

LOOKS = 10  # in a period of the metrics: at alarms, weights and targets, which do not wait for the next data
BEAT = 5.0  # seconds between two signs of life
SETTLED = timedelta(seconds=2)  # that a balancer takes to follow new weights


class RollBackError(Exception):
    """The canary is to be rolled back; the message says why."""


FAILURES = (RollBackError, LabError, BotoCoreError, ClientError, KeyboardInterrupt, SystemExit)


class Controller:
    """Drives one canary."""

    def __init__(self, canary: Canary, parts: Parts):
        self.canary, self._parts = canary, parts
        self._beaten = parts.clock.now()
        self._seen = -1  # requests of the last judgement

    def drive(self) -> Canary:
        """Go on until the canary is promoted or rolled back, and return it as it was kept.

        Raises:
            LostError: Another command has taken it over.
            LabError: Promotion or rollback cannot go on now; the next command does.
        """
        while self.canary.is_open:
            try:
                self._advance()
            except LostError:
                self._parts.split.write(0)  # always safe: who has it now sees other weights than its own and reverts
                raise
        return self.canary

    def revert(self, why: str) -> Canary:
        """Roll the canary back, wherever it is."""
        if self.canary.phase != "reverting":
            self._turn_back(why)
        return self.drive()

    def _advance(self) -> None:
        phases: dict[Phase, Callable[[], None]] = {
            "releasing": self._release,
            "shifting": self._shift,
            "promoting": self._promote,
            "reverting": self._revert,
        }
        try:
            phases[self.canary.phase]()
        except LostError:
            raise
        except FAILURES as error:
            if self.canary.phase == "reverting" or "stable" in self.canary.done:
                raise  # the next command goes on from here
            self._turn_back(" ".join(str(error).split()) or "interrupted")

    def _turn_back(self, why: str) -> None:
        """Restore the weights before anything else, even before it is written down."""
        self._parts.split.write(0)
        self._save(f"stable has all requests: {why}", phase="reverting", reason=why, weight=0)

    def _release(self) -> None:
        self._await_quiet()
        self._parts.deadline.arm(moment(self.canary.deadline))
        self._parts.tracks.release(self.canary, self._parts.change, self._beat)
        slow = self._await_traffic()
        self._save(f"version {self.canary.version} is healthy beside stable", phase="shifting", slow=slow)

    def _await_quiet(self) -> None:
        """Wait until alarms of an earlier canary are over."""
        for _ in self._waiting():
            if not (alarms := self._parts.alarming()):
                return
        raise RollBackError(f"{', '.join(alarms)} was in ALARM before the release")

    def _await_traffic(self) -> float:
        """Wait for enough of stable's traffic to know what is slow."""
        for _ in self._waiting():
            if (slow := self._parts.observer.slow_limit(self._parts.clock.now())) is not None:
                return float(slow)
        raise RollBackError(
            f"almost no request of {self.canary.project} came in {WAIT * self._parts.period:.0f} s, and a canary is"
            " judged by requests; offer some with LOAD=25"
        )

    def _waiting(self) -> Iterator[None]:
        """Yield once a look until the longest wait is over."""
        end = self._parts.clock.now() + timedelta(seconds=WAIT * self._parts.period)
        while self._parts.clock.now() < end:
            yield
            self._pause()

    def _shift(self) -> None:
        for step in range(self.canary.step, len(self.canary.plan)):
            self._begin(step)
            self._watch()
            self._write(replace(self.canary, step=step + 1))
        if self.canary.fault:
            raise RollBackError(self.canary.unnoticed)
        if self.canary.rehearsal:
            raise RollBackError(f"rehearsal: {PASSED}")
        self._save(PASSED, phase="promoting")

    def _begin(self, step: int) -> None:
        """Give the canary a step's weight, which one that died may have done already."""
        weight, found = self.canary.plan[step], self._parts.split.read()
        if found not in (self.canary.weight, weight):
            raise RollBackError(_moved(found, self.canary.weight))
        self._guard(found)
        self._beat(now=True)
        self._parts.split.write(weight)
        self._seen = -1
        self._save(f"step {step + 1} of {len(self.canary.plan)}: {weight} %", step=step, weight=weight)

    def _watch(self) -> None:
        """Look at a step until it has passed."""
        start = self._parts.clock.now()
        looks = sum(each.step == self.canary.step for each in self.canary.looks)  # a controller that died took some
        verdict = Verdict("go on", ("nothing seen yet",), {})
        while True:
            self._pause()
            self._guard(self.canary.weight)
            found, looks = self._judge(start, looks)
            verdict = found or verdict
            if verdict.decision == "roll back":
                raise RollBackError("; ".join(verdict.reasons))
            seconds = (self._parts.clock.now() - start).total_seconds()
            if seconds >= self.canary.seconds and verdict.decision == "pass":
                return
            if seconds >= UNDECIDED * self.canary.seconds:
                raise RollBackError(f"undecided after {seconds:.0f} s: {'; '.join(verdict.reasons)}")

    def _guard(self, weight: int) -> None:
        """Roll back on what needs no test: an alarm, the deadline, other weights, no healthy target."""
        if alarms := self._parts.alarming():
            raise RollBackError(f"alarm {', '.join(alarms)}")
        if self._parts.clock.now() >= moment(self.canary.deadline):
            raise RollBackError(f"its deadline {self.canary.deadline} has passed")
        if (found := self._parts.split.read()) != weight:
            raise RollBackError(_moved(found, weight))
        for track in (STABLE, CANARY):
            if not self._parts.split.healthy(track):
                raise RollBackError(f"{track} has no healthy target")

    def _judge(self, start: datetime, looks: int) -> tuple[Verdict | None, int]:
        """Judge the step so far where there is something new to judge."""
        now, canary = self._parts.clock.now(), self.canary
        assert canary.slow is not None  # known since before the first step
        seen = self._parts.observer.observe(start, start + SETTLED, now, canary.slow)
        stable = self._stable_before() if canary.weight == WHOLE else seen.stable
        if seen.canary.requests + seen.stable.requests == self._seen:
            return None, looks
        self._seen = seen.canary.requests + seen.stable.requests
        limits = self._parts.limits
        shared = replace(limits, chance=limits.chance / len(canary.plan))  # the steps share it
        verdict = judge(stable, seen.canary, shared, looks + 1)
        look = Look(
            stamp(now), canary.step, canary.weight, seen.settled, stable, seen.canary,
            verdict.decision, verdict.reasons, dict(verdict.figures),
        )  # fmt: skip
        self._write(replace(canary, looks=(*canary.looks, look)))
        return verdict, looks + 1

    def _stable_before(self) -> Counts:
        """Stable's counts of the step before: where the canary has all requests, stable has none."""
        return [each for each in self.canary.looks if each.weight < WHOLE][-1].stable

    def _promote(self) -> None:
        """Move stable, weights, alias and the canary's count, in this order: each state in between can stay."""
        parts, canary = self._parts, self.canary
        acts: dict[str, Callable[[], None]] = {
            "stable": lambda: parts.tracks.promote(canary, self._beat),
            "weights": lambda: parts.split.write(0),
            "alias": lambda: parts.promote(canary),
            "count": parts.tracks.stop,
            "deadline": parts.deadline.disarm,
        }
        for name, act in acts.items():
            if name not in self.canary.done:
                self._beat(now=True)
                act()
                weight = 0 if name == "weights" else self.canary.weight
                self._save(DONE[name], done=(*self.canary.done, name), weight=weight)
        self._close("promoted")

    def _revert(self) -> None:
        """Restore the weights, then everything else; the alias moves only if this canary had moved it."""
        parts = self._parts
        parts.split.write(0)
        if self._began_promotion():
            parts.demote(self.canary)
            parts.tracks.restore(self.canary.stable_definition)
        parts.tracks.stop()
        parts.deadline.disarm()
        self._close("rolled back")

    def _began_promotion(self) -> bool:
        return any(each.what == PASSED for each in self.canary.events)

    def _close(self, phase: Phase) -> None:
        failures = self._parts.failures(self.canary)
        closed = self.canary.told(self._parts.clock.now(), phase, phase=phase, failures=failures)
        self._parts.store.keep(closed)
        self._write(closed)

    def _pause(self) -> None:
        self._parts.clock.sleep(self._parts.period / LOOKS)
        self._beat()

    def _beat(self, *, now: bool = False) -> None:
        """Give a sign of life, which fails where another command has taken the canary over."""
        if now or (self._parts.clock.now() - self._beaten).total_seconds() >= BEAT:
            self._write(self.canary)

    def _save(self, what: str, **changes: Any) -> None:
        self._write(self.canary.told(self._parts.clock.now(), what, **changes))

    def _write(self, canary: Canary) -> None:
        now = self._parts.clock.now()
        self.canary = self._parts.store.write(canary, now)
        self._beaten = now
        self._parts.show(self.canary)


DONE = {
    "stable": "stable runs the version",
    "weights": "stable has all requests",
    "alias": "the version is the champion",
    "count": "the canary has no task",
    "deadline": "the deadline is disarmed",
}


def _moved(found: int, expected: int) -> str:
    return f"the canary has {found} % of the requests, not {expected} %: its deadline or another hand has moved them"
