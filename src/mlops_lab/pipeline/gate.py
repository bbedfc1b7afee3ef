"""The gate: whether metrics keep the bounds a project states."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mlops_lab.projects.project import Gate


@dataclass(frozen=True)
class Check:
    """A gate and the value it met."""

    gate: Gate
    value: float

    @property
    def passed(self) -> bool:
        """Whether the value keeps the bounds; a value that is not a number never does."""
        low = float("-inf") if self.gate.minimum is None else self.gate.minimum
        high = float("inf") if self.gate.maximum is None else self.gate.maximum
        return low <= self.value <= high

    def __str__(self) -> str:
        bounds = [(self.gate.minimum, "at least"), (self.gate.maximum, "at most")]
        rule = " and ".join(f"{word} {bound:g}" for bound, word in bounds if bound is not None)
        return f"{self.gate.metric} is {self.value:.4f}, must be {rule}"


@dataclass(frozen=True)
class Verdict:
    """The outcome of all gates of a project."""

    checks: tuple[Check, ...]

    @property
    def passed(self) -> bool:
        """Whether every gate is passed."""
        return not self.failures

    @property
    def failures(self) -> tuple[Check, ...]:
        """The checks that failed."""
        return tuple(check for check in self.checks if not check.passed)


def judge(gates: Iterable[Gate], metrics: Mapping[str, float]) -> Verdict:
    """Hold metrics against gates; a metric that was not measured counts as not a number."""
    return Verdict(tuple(Check(gate, metrics.get(gate.metric, float("nan"))) for gate in gates))
