"""Verdicts: what is evidence, what outweighs what, and that too little data is never an all-clear."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops_lab.errors import LabError
from mlops_lab.pipeline.counting import LOGGED_AT, Tally
from mlops_lab.pipeline.drift import LEVELS, Drift, compare
from mlops_lab.pipeline.features import Feature, FeatureSpec
from mlops_lab.pipeline.performance import Performance, against
from mlops_lab.pipeline.reference import (
    CategoryReference,
    Losses,
    NumberReference,
    Reference,
    read_reference,
)

AMOUNT, JOB, MONTH = (
    Feature("amount", "number"),
    Feature("job", "category"),
    Feature("month", "number", (), "month", ("time",)),
)
TENTHS = NumberReference(10_000, 0, tuple(range(9)), (1_000,) * 10)
JOBS = CategoryReference(10_000, 0, {"Sales": 6_000, "Tech": 3_990, "Rare": 10})
REFERENCE = Reference(
    "3",
    (AMOUNT, JOB, MONTH),
    {"amount": TENTHS, "job": JOBS, "month": TENTHS},
    TENTHS,
    Losses("mae", 5_000, 3.5, 4.0),
)
EVEN = (100,) * 10
TALLY = Tally(
    1_000,
    {"amount": EVEN, "month": EVEN, "score": EVEN},
    {"job": {"Sales": 600, "Tech": 399, "Rare": 1}},
    {LOGGED_AT: (1_000,), "time": (3,) * 365},
)
SHIFTED = (10, 10, 10, 10, 10, 190, 190, 190, 190, 190)
HARMLESS, DAMAGED = (
    Performance("mae", 900, 3.5, 3.6, (-0.1, 0.3)),
    Performance("mae", 900, 3.5, 5.5, (1.8, 2.2)),
)


def counted(rows: int = 1_000, jobs: Mapping[str, int] | None = None, **numbers: tuple[int, ...]) -> Tally:
    categories = {"job": dict(TALLY.categories["job"]) if jobs is None else dict(jobs)}
    return replace(TALLY, rows=rows, numbers={**TALLY.numbers, **numbers}, categories=categories)


def names(drift: Drift) -> list[str]:
    return [each.name for each in drift.drifted]


def test_a_window_like_the_reference_has_no_drift() -> None:
    drift = compare(REFERENCE, TALLY)

    assert drift.verdict == "none"
    assert drift.reasons == ("no labels have arrived: damage cannot be seen",)


def test_a_feature_that_shifted_is_data_drift_and_is_named() -> None:
    drift = compare(REFERENCE, counted(amount=SHIFTED), HARMLESS)

    assert drift.verdict == "data drift"
    assert names(drift) == ["amount"]
    assert "amount: stability index" in drift.reasons[1]


def test_a_score_that_shifted_is_data_drift() -> None:
    assert names(compare(REFERENCE, counted(score=SHIFTED))) == ["score"]


def test_damage_outweighs_drift_and_is_seen_without_it() -> None:
    assert compare(REFERENCE, TALLY, DAMAGED).verdict == "damage"
    assert compare(REFERENCE, counted(amount=SHIFTED), DAMAGED).verdict == "damage"


@given(st.integers(0, 499))
def test_too_few_rows_are_not_enough_data_whatever_they_hold(rows: int) -> None:
    drift = compare(REFERENCE, counted(rows, amount=SHIFTED), DAMAGED)

    assert drift.verdict == "not enough data"
    assert "not enough data" not in LEVELS
    assert drift.reasons == (f"{rows} rows of version 3, at least 500 are needed",)


def test_a_significant_difference_that_is_small_is_no_drift() -> None:
    many = tuple(100_000 + 2_000 * (-1) ** index for index in range(10))
    drift = compare(
        REFERENCE,
        replace(counted(1_000_000, {"Sales": 600_000, "Tech": 400_000}), numbers=dict.fromkeys(TALLY.numbers, many)),
    )

    assert drift.features[0].shape is not None
    assert drift.verdict == "none"


def test_a_large_difference_that_chance_explains_is_no_drift() -> None:
    few = replace(REFERENCE, described={**REFERENCE.described, "amount": NumberReference(8, 0, (0.5,), (4, 4))})

    drift = compare(few, counted(amount=(750, 250)))

    assert drift.features[0].evidence[0].effect > 0.2
    assert drift.verdict == "none"


def test_missing_values_are_drift_from_a_twentieth_of_the_rows() -> None:
    assert names(compare(REFERENCE, counted(amount=(94,) * 10))) == ["amount"]
    assert names(compare(REFERENCE, counted(amount=(97,) * 10))) == []


def test_a_feature_that_is_missing_altogether_is_drift() -> None:
    drift = compare(REFERENCE, counted(amount=(0,) * 10))

    assert names(drift) == ["amount"]
    assert drift.features[0].shape is None
    assert drift.features[0].missing == 1


def test_values_that_training_has_not_seen_are_drift_and_counted() -> None:
    drift = compare(REFERENCE, counted(jobs={"Sales": 540, "Tech": 360, "New": 100}))

    assert names(drift) == ["job"]
    assert drift.features[1].unseen == pytest.approx(0.1)


def test_some_unseen_values_are_expected_where_many_were_seen_once() -> None:
    once = {f"pair {index}": 1 for index in range(1_000)}
    reference = replace(
        REFERENCE, described={**REFERENCE.described, "job": CategoryReference(10_000, 0, {"Sales": 9_000, **once})}
    )

    drift = compare(reference, counted(jobs={"Sales": 900, **{f"new {index}": 1 for index in range(100)}}))

    assert names(drift) == []


def test_a_feature_of_the_calendar_has_a_say_only_in_windows_that_cover_its_cycle() -> None:
    month = replace(counted(month=(1_000, *(0,) * 9)), days={LOGGED_AT: (1_000,), "time": (33,) * 30})

    drift = compare(REFERENCE, month)

    assert drift.verdict == "none"
    assert drift.features[2].left_out == "the window covers 30 of the 365 days of its cycle"
    assert names(compare(REFERENCE, replace(month, days=TALLY.days))) == ["month"]


def test_days_that_go_on_by_themselves_have_no_say() -> None:
    trend = tuple(replace(each, how="day") if each.how == "month" else each for each in REFERENCE.features)

    drift = compare(replace(REFERENCE, features=trend), counted(month=(1_000, *(0,) * 9)))

    assert drift.verdict == "none"
    assert drift.features[2].left_out == "days go on by themselves"


def test_a_wrong_clock_makes_no_day() -> None:
    drift = compare(REFERENCE, replace(TALLY, days={LOGGED_AT: (1, 500, 498, 1), "time": (3,) * 365}))

    assert drift.days == 2


def test_p_values_are_adjusted_over_everything_that_has_a_say() -> None:
    drift = compare(REFERENCE, counted(amount=(110, 90, 110, 90, 110, 90, 110, 90, 110, 90)))

    judged = [evidence for each in drift.compared if not each.left_out for evidence in each.evidence]
    assert len(judged) == 9
    assert all(each.adjusted >= each.p_value for each in judged)


@pytest.mark.parametrize(
    ("rows", "mean", "damaged"),
    [(900, 4.3, True), (900, 4.1, False), (199, 9.0, False), (250, 4.25, True)],
)
def test_damage_is_a_fifth_more_loss_on_enough_labels(rows: int, mean: float, damaged: bool) -> None:
    assert against(REFERENCE.known_losses, rows, mean, 2.0).damaged == damaged


def test_a_loss_that_chance_explains_is_no_damage() -> None:
    assert not against(REFERENCE.known_losses, 200, 4.3, 40.0).damaged


def test_too_few_labels_are_told_and_no_damage() -> None:
    found = against(REFERENCE.known_losses, 1, 9.0, None)

    assert not found.damaged
    assert str(found) == "1 labels have arrived, at least 200 are needed: damage cannot be seen"
    assert compare(REFERENCE, TALLY, found).verdict == "none"


def test_a_profile_of_before_losses_is_read_and_says_what_it_cannot() -> None:
    spec = FeatureSpec((AMOUNT,))
    number = {"kind": "number", "rows": 2, "missing": 0, "edges": [1.0], "counts": [1, 1]}

    reference = read_reference("1", spec, {"features": {"amount": number}, "score": number})

    assert reference.described["amount"] == NumberReference(2, 0, (1.0,), (1, 1))
    with pytest.raises(LabError, match="profile of version 1 has no losses to compare labels with"):
        _ = reference.known_losses


@pytest.mark.parametrize("profile", [{}, {"features": {}}, {"features": {"amount": {"rows": 1}}, "score": {}}])
def test_a_profile_that_lacks_something_is_one_line(profile: dict[str, object]) -> None:
    with pytest.raises(LabError, match="reference profile of version 1 cannot be read"):
        read_reference("1", FeatureSpec((AMOUNT,)), profile)


def test_the_interval_of_the_loss_is_that_of_two_independent_means() -> None:
    found = against(Losses("mae", 400, 3.0, 2.0), 100, 4.0, 1.0)

    margin = 1.96 * np.sqrt(1 / 100 + 4 / 400)
    assert found.interval == pytest.approx((1 - margin, 1 + margin), abs=1e-4)
