"""How far two binned distributions are apart, and whether chance explains it. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

FLOOR = 1e-4  # share of an empty bin in the index, whose logarithm would be infinite

MANY = 20_000  # rows from which Kolmogorov's limit is taken: it is then within 2 % of the p-value


@dataclass(frozen=True)
class Statistic:
    """A test of two samples: its effect size, from 0 to 1, and the probability of a larger one by chance alone."""

    name: str
    effect: float
    p_value: float


Tester: TypeAlias = Callable[[ArrayLike, ArrayLike], Statistic]


def shares(counts: ArrayLike) -> NDArray[np.float64]:
    """Counts by bin as shares of their sum, which must not be 0."""
    values = np.asarray(counts, dtype=np.float64)
    result: NDArray[np.float64] = values / values.sum()
    return result


def population_stability_index(reference: ArrayLike, current: ArrayLike) -> float:
    """PSI of counts by the same bins: 0 where the shares are equal, by custom a shift from 0.2 (Siddiqi, 2006)."""
    before, now = np.maximum(shares(reference), FLOOR), np.maximum(shares(current), FLOOR)
    return float(np.sum((now - before) * np.log(now / before)))


def jensen_shannon_distance(reference: ArrayLike, current: ArrayLike) -> float:
    """Square root of the divergence to the base 2, from 0 (equal shares) to 1 (no bin in common) (Lin, 1991)."""
    before, now = shares(reference), shares(current)
    middle = (before + now) / 2
    divergence = (_relative_entropy(before, middle) + _relative_entropy(now, middle)) / 2
    return float(np.sqrt(min(1.0, max(0.0, divergence))))


def kolmogorov_smirnov(reference: ArrayLike, current: ArrayLike) -> Statistic:
    """Two-sample test on ordered bins; the effect is the largest distance of the cumulated shares.

    The distance is taken at the bins' edges alone, so that the p-value is never smaller than of the values themselves.
    """
    distance = float(np.max(np.abs(np.cumsum(shares(reference)) - np.cumsum(shares(current)))))
    n, m = float(np.sum(reference)), float(np.sum(current))
    return Statistic("Kolmogorov-Smirnov", min(1.0, distance), _kolmogorov(distance, n * m / (n + m)))


def chi_square(reference: ArrayLike, current: ArrayLike) -> Statistic:
    """Test of homogeneity on bins without order; the effect is Cramer's V. Bins that both lack count for none."""
    table = np.asarray([reference, current], dtype=np.float64)
    table = table[:, table.sum(axis=0) > 0]
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    statistic = float(np.sum((table - expected) ** 2 / expected))
    freedom = table.shape[1] - 1
    p_value = float(stats.chi2.sf(statistic, freedom)) if freedom else 1.0
    return Statistic("chi-square", float(np.sqrt(statistic / table.sum())), p_value)


def fisher(found: int, rows: int, reference_found: int, reference_rows: int, *, more: bool = False) -> float:
    """p-value of Fisher's exact test that two shares differ, or that the found one is larger."""
    if not rows or not reference_rows or not (found or reference_found):
        return 1.0
    table = [[found, rows - found], [reference_found, reference_rows - reference_found]]
    return float(stats.fisher_exact(table, alternative="greater" if more else "two-sided").pvalue)


def adjusted(p_values: ArrayLike) -> NDArray[np.float64]:
    """p-values adjusted to the false discovery rate (Benjamini and Hochberg, 1995), in their order."""
    values = np.asarray(p_values, dtype=np.float64)
    result: NDArray[np.float64] = stats.false_discovery_control(values, method="bh") if len(values) else values
    return result


def _kolmogorov(distance: float, rows: float) -> float:
    """p-value as of scipy's asymptotic mode; of many rows by the limit, which is near and takes no time."""
    if rows > MANY:
        return float(stats.kstwobign.sf(distance * np.sqrt(rows)))
    return float(np.clip(stats.kstwo.sf(distance, max(1, round(rows))), 0.0, 1.0))


def _relative_entropy(shares: NDArray[np.float64], of: NDArray[np.float64]) -> float:
    held = shares > 0
    return float(np.sum(shares[held] * np.log2(shares[held] / of[held])))
