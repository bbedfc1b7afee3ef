"""A feature, or the score, in a window against the reference: figures and evidence, not yet a verdict. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from mlops_lab.pipeline import divergence
from mlops_lab.pipeline.reference import AnyReference, CategoryReference, NumberReference

SIGNIFICANCE = 0.05  # false discovery rate over all hypotheses of a window
SHIFT = 0.2  # of the population stability index
EXCESS = 0.05  # of missing or unseen values, in shares of the rows
MOST_VALUES = 50  # of a category that are compared one by one; the rest together
FEWEST_EXPECTED = 5  # rows of a value by the reference, for the chi-square distribution to hold (Cochran, 1954)
REST = "(others)"
Kind = Literal["number", "category"]
WORDS = {
    "distribution": "stability index {:.2f}",
    "missing": "missing rate changed by {:.1%}",
    "unseen": "{:.1%} more unseen values than expected",
}


@dataclass(frozen=True)
class Evidence:
    """A hypothesis that was tested: its effect, from which effect it matters, and how likely chance explains it."""

    what: Literal["distribution", "missing", "unseen"]
    effect: float  # stability index, or the difference of two shares
    matters: float
    p_value: float
    adjusted: float = float("nan")  # over all hypotheses of the window

    @property
    def found(self) -> bool:
        """Whether the effect matters and chance does not explain it."""
        return self.effect >= self.matters and self.adjusted <= SIGNIFICANCE


@dataclass(frozen=True)
class Shape:
    """Two distributions over the same bins, as shares, and how far they are apart."""

    bins: tuple[str, ...]
    reference: tuple[float, ...]
    current: tuple[float, ...]
    stability_index: float
    jensen_shannon: float
    statistic: divergence.Statistic


@dataclass(frozen=True)
class Comparison:
    """A feature or the score in the window against the reference."""

    name: str
    kind: Kind
    missing: float  # share of the window's rows
    unseen: float  # share of the rows with a value, of values that training has not seen
    shape: Shape | None  # None: one of the two has no value at all, which the missing rate says
    evidence: tuple[Evidence, ...]
    left_out: str = ""  # why it has no say in the verdict

    @property
    def drifted(self) -> bool:
        """Whether any evidence was found and it has a say."""
        return not self.left_out and any(each.found for each in self.evidence)

    @property
    def reasons(self) -> tuple[str, ...]:
        """What was found, in words."""
        return tuple(f"{self.name}: {WORDS[each.what].format(each.effect)}" for each in self.evidence if each.found)


def numbers(name: str, reference: NumberReference, counts: Sequence[int], rows: int) -> Comparison:
    """Compare a number's rows by the reference's bins, of all rows of the window."""
    edges = [f"{edge:g}" for edge in reference.edges]
    bins = [f"{low}..{high}" for low, high in zip(["", *edges], [*edges, ""], strict=True)]
    shape = _shape(bins, reference.counts, counts, divergence.kolmogorov_smirnov)
    missing, evidence = _missing(reference, rows - sum(counts), rows)
    return Comparison(name, "number", missing, 0.0, shape, (*_distribution(shape), evidence))


def categories(name: str, reference: CategoryReference, counts: Mapping[str, int], rows: int) -> Comparison:
    """Compare a category's rows by value, of all rows of the window; rare values are compared together."""
    present, known = sum(counts.values()), sum(reference.counts.values())
    kept = _kept(reference, present)
    before, now = [reference.counts[value] for value in kept], [counts.get(value, 0) for value in kept]
    together = (*before, known - sum(before)), (*now, present - sum(now))
    shape = _shape([*kept, REST], *together, divergence.chi_square)
    unseen = sum(count for value, count in counts.items() if value not in reference.counts)
    missing, evidence = _missing(reference, rows - present, rows)
    found = (*_distribution(shape), evidence, _unseen(reference, unseen, present))
    return Comparison(name, "category", missing, unseen / present if present else 0.0, shape, found)


def adjusted(compared: Sequence[Comparison]) -> list[Comparison]:
    """Adjust the p-values of everything that has a say, together."""
    judged = [evidence for each in compared if not each.left_out for evidence in each.evidence]
    values = iter(divergence.adjusted([evidence.p_value for evidence in judged]).tolist())
    return [each if each.left_out else _with_adjusted(each, [next(values) for _ in each.evidence]) for each in compared]


def _with_adjusted(compared: Comparison, values: Sequence[float]) -> Comparison:
    pairs = zip(compared.evidence, values, strict=True)
    return replace(compared, evidence=tuple(replace(evidence, adjusted=value) for evidence, value in pairs))


def _kept(reference: CategoryReference, rows: int) -> list[str]:
    """The most frequent values, as far as the window can be expected to hold enough rows of each."""
    known = sum(reference.counts.values())
    often = sorted(reference.counts, key=lambda value: (-reference.counts[value], value))[:MOST_VALUES]
    return [value for value in often if reference.counts[value] * rows >= FEWEST_EXPECTED * known]


def _shape(bins: Sequence[str], before: Sequence[int], now: Sequence[int], test: divergence.Tester) -> Shape | None:
    if not sum(before) or not sum(now):
        return None
    return Shape(
        tuple(bins),
        tuple(divergence.shares(before).tolist()),
        tuple(divergence.shares(now).tolist()),
        divergence.population_stability_index(before, now),
        divergence.jensen_shannon_distance(before, now),
        test(before, now),
    )


def _distribution(shape: Shape | None) -> tuple[Evidence, ...]:
    return (Evidence("distribution", shape.stability_index, SHIFT, shape.statistic.p_value),) if shape else ()


def _missing(reference: AnyReference, missing: int, rows: int) -> tuple[float, Evidence]:
    change = abs(missing / rows - reference.missing / reference.rows)
    p_value = divergence.fisher(missing, rows, reference.missing, reference.rows)
    return missing / rows, Evidence("missing", change, EXCESS, p_value)


def _unseen(reference: CategoryReference, unseen: int, rows: int) -> Evidence:
    """Unseen values are expected wherever there are many: as often as training saw one only once."""
    known, expected = sum(reference.counts.values()), max(1, reference.singletons)
    if not rows or not known:
        return Evidence("unseen", 0.0, EXCESS, 1.0)
    p_value = divergence.fisher(unseen, rows, expected, known, more=True)
    return Evidence("unseen", max(0.0, unseen / rows - expected / known), EXCESS, p_value)
