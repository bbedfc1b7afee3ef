"""Distances of binned distributions, held against their definitions and against scipy."""

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from mlops_lab.pipeline import divergence

Counts = list[int]
PAIRS = st.integers(2, 12).flatmap(
    lambda bins: st.tuples(*(st.lists(st.integers(0, 10_000), min_size=bins, max_size=bins) for _ in range(2)))
)
DISTANCES = [divergence.population_stability_index, divergence.jensen_shannon_distance]


@given(PAIRS)
def test_the_index_is_never_negative_and_the_distance_is_from_0_to_1(pair: tuple[Counts, Counts]) -> None:
    assume(all(map(sum, pair)))

    assert divergence.population_stability_index(*pair) >= 0
    assert 0 <= divergence.jensen_shannon_distance(*pair) <= 1
    assert 0 <= divergence.kolmogorov_smirnov(*pair).effect <= 1
    assert 0 <= divergence.chi_square(*pair).effect <= 1 + 1e-12


@given(PAIRS, st.integers(1, 9))
@example(([0, 1], [0, 0]), 1)
def test_equal_shares_are_no_distance_whatever_the_number_of_rows(pair: tuple[Counts, Counts], times: int) -> None:
    counts = pair[0]
    assume(sum(counts))
    more = [times * count for count in counts]

    assert divergence.population_stability_index(counts, more) == pytest.approx(0, abs=1e-12)
    assert divergence.jensen_shannon_distance(counts, more) == pytest.approx(0, abs=1e-6)
    assert divergence.kolmogorov_smirnov(counts, more).p_value == pytest.approx(1)
    assert divergence.chi_square(counts, more).p_value == pytest.approx(1)


@given(PAIRS, st.integers(0, 99))
def test_the_order_of_bins_changes_nothing_but_the_test_of_ordered_ones(pair: tuple[Counts, Counts], seed: int) -> None:
    assume(all(map(sum, pair)))
    order = np.random.default_rng(seed).permutation(len(pair[0]))
    shuffled = tuple([counts[index] for index in order] for counts in pair)

    for distance in DISTANCES:
        assert distance(*shuffled) == pytest.approx(distance(*pair), abs=1e-9)
    assert divergence.chi_square(*shuffled).p_value == pytest.approx(divergence.chi_square(*pair).p_value, abs=1e-9)


@given(PAIRS)
def test_index_and_distance_are_symmetric(pair: tuple[Counts, Counts]) -> None:
    assume(all(map(sum, pair)))

    for distance in DISTANCES:
        assert distance(*pair) == pytest.approx(distance(*reversed(pair)), abs=1e-9)


def test_distributions_without_a_common_bin_are_at_distance_1() -> None:
    assert divergence.jensen_shannon_distance([5, 0], [0, 9]) == pytest.approx(1)
    assert divergence.kolmogorov_smirnov([5, 0], [0, 9]).effect == 1
    assert divergence.chi_square([5, 0], [0, 9]).effect == pytest.approx(1)


def test_the_index_of_a_known_shift_is_the_sum_of_its_definition() -> None:
    expected = (0.6 - 0.5) * np.log(0.6 / 0.5) + (0.4 - 0.5) * np.log(0.4 / 0.5)

    assert divergence.population_stability_index([50, 50], [60, 40]) == pytest.approx(expected)


@given(PAIRS)
def test_the_distance_is_scipys(pair: tuple[Counts, Counts]) -> None:
    assume(all(map(sum, pair)))
    expected = float(np.nan_to_num(jensenshannon(*map(np.asarray, pair), base=2)))  # scipy takes a root below 0

    assert divergence.jensen_shannon_distance(*pair) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_the_p_value_of_ordered_bins_is_scipys_of_the_bins_as_values(seed: int) -> None:
    random = np.random.default_rng(seed)
    before, now = random.integers(0, 10, 3_000), random.integers(0, 10 + seed % 2, 700)
    counts = [np.bincount(each, minlength=11) for each in (before, now)]

    found, expected = divergence.kolmogorov_smirnov(*counts), stats.ks_2samp(before, now, method="asymp")

    assert (found.effect, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))


@pytest.mark.parametrize("seed", range(5))
def test_the_p_value_of_categories_is_scipys_and_empty_bins_count_for_nothing(seed: int) -> None:
    random = np.random.default_rng(seed)
    table = random.integers(5, 200, (2, 6))

    found = divergence.chi_square([*table[0], 0], [*table[1], 0])

    expected = stats.chi2_contingency(table, correction=False)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.effect == pytest.approx(stats.contingency.association(table, method="cramer"))


def test_one_bin_alone_tells_nothing() -> None:
    assert divergence.chi_square([7], [3]).p_value == 1


@pytest.mark.parametrize(("more", "alternative"), [(False, "two-sided"), (True, "greater")])
def test_the_p_value_of_two_shares_is_fishers(more: bool, alternative: str) -> None:
    expected = stats.fisher_exact([[30, 970], [50, 4_950]], alternative=alternative).pvalue

    assert divergence.fisher(30, 1_000, 50, 5_000, more=more) == pytest.approx(expected)


@pytest.mark.parametrize("table", [(0, 100, 0, 100), (0, 0, 5, 10), (5, 10, 0, 0)])
def test_where_nothing_happened_or_nobody_was_asked_chance_explains_it(table: tuple[int, int, int, int]) -> None:
    assert divergence.fisher(*table) == 1


def test_adjusted_p_values_are_benjamini_and_hochbergs() -> None:
    assert divergence.adjusted([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.04, 0.04])
    assert divergence.adjusted([]).tolist() == []
