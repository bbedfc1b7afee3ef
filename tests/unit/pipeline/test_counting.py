"""Counting a log: the same figures as counting with the features' own code, column by column."""

import math
from datetime import datetime, timedelta
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops_lab.errors import LabError
from mlops_lab.pipeline import counting, derivation
from mlops_lab.pipeline.counting import count
from mlops_lab.pipeline.features import MISSING, Feature, FeatureSpec, compute
from mlops_lab.pipeline.profile import bin_numbers, reference_profile
from mlops_lab.pipeline.reference import CategoryReference, NumberReference, Reference, read_reference
from mlops_lab.pipeline.train import columns_of

SPEC = FeatureSpec(
    (
        Feature("amount", "number"),
        Feature("code", "number"),
        Feature("job", "category"),
        Feature("zone", "category", (), "text", ("start",)),
        Feature("pair", "category", (), "pair", ("start", "end")),
        Feature("minute_of_day", "number", (), "minute_of_day", ("time",)),
        Feature("weekday", "number", (), "weekday", ("time",)),
        Feature("month", "number", (), "month", ("time",)),
        Feature("day", "number", (), "day", ("time",)),
    )
)
BEGIN = datetime(2020, 3, 30)


def rows(count: int, seed: int) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    times = [BEGIN + timedelta(minutes=int(minutes)) for minutes in random.integers(0, 400 * 1_440, count)]
    frame = pd.DataFrame(
        {
            "amount": random.lognormal(2, 1, count),
            "code": pd.array(random.integers(0, 4, count), dtype="Int16"),
            "job": random.choice(["Sales", "Tech", "Other"], count),
            "start": pd.array(random.integers(1, 6, count), dtype="Int16"),
            "end": pd.array(random.integers(1, 6, count), dtype="Int16"),
            "time": times,
            "score": random.random(count),
            "logged_at": [BEGIN] * count,
        }
    )
    for name in ("amount", "code", "job", "start"):
        frame.loc[random.random(count) < 0.1, name] = None
    return frame


def reference_of(frame: pd.DataFrame, spec: FeatureSpec = SPEC) -> Reference:
    features = compute(spec, columns_of(spec, frame))
    profile = reference_profile(spec, features, frame["score"].to_numpy(), "mae", np.array([1.0, 2.0]))
    return read_reference("7", spec, profile)


def expected(frame: pd.DataFrame, reference: Reference) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the features' own code and numpy count."""
    numbers: dict[str, Any] = {
        "score": tuple(bin_numbers(list(reference.score.edges), frame["score"].to_numpy(np.float32)))
    }
    categories: dict[str, Any] = {}
    for name, values in compute(SPEC, columns_of(SPEC, frame)).items():
        described = reference.described[name]
        if isinstance(described, NumberReference):
            present = values[:, 0][~np.isnan(values[:, 0])]
            numbers[name] = tuple(bin_numbers(list(described.edges), present.astype(np.float64)))
        else:
            assert isinstance(described, CategoryReference)
            found = pd.Series(values[:, 0])
            categories[name] = found[found != MISSING].value_counts().to_dict()
    return numbers, categories


@pytest.mark.parametrize("seed", range(3))
def test_the_log_is_counted_as_the_features_own_code_would(seed: int) -> None:
    reference, frame = reference_of(rows(2_000, 99)), rows(1_000, seed)

    tally = count(ibis.memtable(frame), reference)

    assert tally.rows == 1_000
    assert (dict(tally.numbers), dict(tally.categories)) == expected(frame, reference)


def test_every_derivation_can_be_counted() -> None:
    assert set(counting._DERIVATIONS) == set(derivation._DERIVATIONS)


def test_times_as_text_are_counted_as_times() -> None:
    reference, frame = reference_of(rows(2_000, 99)), rows(500, 1)
    as_text = frame.assign(time=[f"{time:%Y-%m-%dT%H:%M:%S}" for time in frame["time"]])

    assert count(ibis.memtable(as_text), reference) == count(ibis.memtable(frame), reference)


def test_the_order_of_rows_changes_nothing() -> None:
    reference, frame = reference_of(rows(2_000, 99)), rows(500, 1)

    shuffled = count(ibis.memtable(frame.sample(frac=1, random_state=0)), reference)

    assert shuffled == count(ibis.memtable(frame), reference)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(0.1, 1e6), min_size=25, max_size=60, unique=True))
def test_doubles_fall_into_the_bin_that_they_had_as_float32(values: list[float]) -> None:
    spec = FeatureSpec((Feature("amount", "number"),))
    frame = pd.DataFrame({"amount": values, "score": 0.5, "logged_at": BEGIN})
    reference = reference_of(frame, spec)

    tally = count(ibis.memtable(frame), reference)

    assert tally.numbers["amount"] == reference.described["amount"].counts


def test_nan_and_null_are_missing_and_infinity_is_large() -> None:
    spec = FeatureSpec((Feature("amount", "number"),))
    reference = reference_of(pd.DataFrame({"amount": np.arange(100.0), "score": 0.5, "logged_at": BEGIN}), spec)
    log = ibis.memtable(
        {"amount": [1.0, math.nan, None, math.inf], "score": [0.5] * 4, "logged_at": [BEGIN] * 4},
        schema={"amount": "float64", "score": "float64", "logged_at": "timestamp"},
    )

    counts = count(log, reference).numbers["amount"]

    assert sum(counts) == 2
    assert counts[-1] == 1


@pytest.mark.parametrize("lacking", ["amount", "start", "time", "score", "logged_at"])
def test_a_missing_column_is_an_error_that_names_it(lacking: str) -> None:
    reference = reference_of(rows(100, 99))

    with pytest.raises(LabError, match=f"no column '{lacking}', which the reference profile of version 7 needs"):
        count(ibis.memtable(rows(100, 1).drop(columns=lacking)), reference)


def test_an_empty_log_is_counted_as_nothing() -> None:
    tally = count(ibis.memtable(rows(10, 1)).filter(ibis.literal(False)), reference_of(rows(100, 99)))

    assert tally.rows == 0
    assert sum(tally.numbers["score"]) == 0
    assert tally.categories["job"] == {}
