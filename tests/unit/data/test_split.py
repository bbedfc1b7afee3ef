import pandas as pd
import pytest

from mlops_lab.data.dataset import RawData
from mlops_lab.data.split import split
from mlops_lab.projects.project import Project, RandomSplit


def test_the_parts_hold_every_row_once(income: Project, raw: RawData) -> None:
    parts = split(income, raw.frame, seed=0)

    indices = [*parts.train.index, *parts.validation.index, *parts.test.index]

    assert sorted(indices) == sorted(raw.frame.index)


def test_every_part_has_the_share_of_positives_and_its_size(income: Project, raw: RawData) -> None:
    parts = split(income, raw.frame, seed=0)

    for part in (parts.train, parts.validation, parts.test):
        assert (part["class"] == ">50K").mean() == pytest.approx(0.2393, abs=0.0005)
    assert parts.sizes["test"] == pytest.approx(0.20 * len(raw.frame), abs=2)
    assert parts.sizes["validation"] == pytest.approx(0.15 * len(raw.frame), abs=2)


def test_the_seed_decides_the_rows(income: Project, raw: RawData) -> None:
    first, again, other = (split(income, raw.frame, seed=seed).test for seed in (3, 3, 4))

    pd.testing.assert_frame_equal(first, again)
    assert set(first.index) != set(other.index)


def test_a_number_is_split_at_random_and_without_a_share_nothing_is_drawn(income: Project, raw: RawData) -> None:
    parts = split(income, raw.frame, seed=0, rule=RandomSplit(validation=0.0, test=0.25))

    assert parts.validation.empty
    assert parts.sizes["test"] == pytest.approx(0.25 * len(raw.frame), abs=1)
    assert sorted([*parts.train.index, *parts.test.index]) == sorted(raw.frame.index)
