"""A monthly bill: its lines, their sum, and what it does not know."""

from dataclasses import dataclass

from mlops_lab.pipeline.prices import Price

GROUPS = ("balancer", "network", "tasks", "observability", "storage", "no charge")


@dataclass(frozen=True)
class Line:
    """So many of a thing, each so many units a month, at a price a unit."""

    group: str
    what: str
    count: float
    units: float
    price: Price
    assumption: str

    @property
    def monthly(self) -> float:
        """USD a month."""
        return self.count * self.units * self.price.usd


@dataclass(frozen=True)
class Bill:
    """What a configuration costs a month, in USD; `unknown` names resource types that the price list does not cover."""

    lines: tuple[Line, ...]
    unknown: tuple[str, ...] = ()

    @property
    def total(self) -> float:
        """USD a month."""
        return sum(line.monthly for line in self.lines)

    def group(self, name: str) -> float:
        """USD a month of one group of lines."""
        return sum(line.monthly for line in self.lines if line.group == name)

    def largest(self) -> Line:
        """Line that costs most."""
        return max(self.lines, key=lambda line: line.monthly)
