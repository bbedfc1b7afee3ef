from dataclasses import replace

import pytest

from mlops_lab.candidate import Candidate
from mlops_lab.data.dataset import RawData
from mlops_lab.pipeline import train
from mlops_lab.projects.project import Derived, Project

LEAKS = {
    "dropoff_datetime",
    "trip_distance",
    "fare_amount",
    "tip_amount",
    "tolls_amount",
    "total_amount",
    "payment_type",
    "extra",
    "rate_code_id",
}
AT_PICKUP = {"vendor_id", "pickup_datetime", "passenger_count", "pickup_location_id", "dropoff_location_id"}


def test_no_leak_is_a_field_of_the_request(taxi: Project) -> None:
    assert {column.name for column in taxi.inputs} == AT_PICKUP
    assert taxi.excluded.keys() >= LEAKS


def test_no_leak_reaches_the_features(taxi_candidate: Candidate) -> None:
    assert set(taxi_candidate.model.spec.columns) == AT_PICKUP


def test_what_is_known_after_the_trip_moves_no_score(taxi_candidate: Candidate) -> None:
    rows = taxi_candidate.splits.test.head(500)
    later = [name for name in rows.columns if name not in AT_PICKUP]
    shuffled = rows.assign(**{name: rows[name].to_numpy()[::-1] for name in later})

    assert not shuffled["fare_amount"].equals(rows["fare_amount"])
    assert (taxi_candidate.model.score(shuffled) == taxi_candidate.model.score(rows)).all()


def test_nothing_may_be_derived_from_a_leak(taxi: Project) -> None:
    with pytest.raises(ValueError, match="fare_amount"):
        replace(taxi, derived=(*taxi.derived, Derived("fare", "text", ("fare_amount",))))


def test_the_error_of_january_2019_is_at_most_the_published_one(taxi_candidate: Candidate) -> None:
    evaluation = taxi_candidate.evaluation

    assert evaluation.metrics["mae"] <= 3.55
    assert evaluation.baselines["constant"]["mae"] == pytest.approx(6.78, abs=0.01)
    assert evaluation.baselines["typical"]["mae"] == pytest.approx(4.18, abs=0.02)
    assert taxi_candidate.verdict.passed


def test_a_model_that_has_learnt_nothing_is_refused_by_the_gates(taxi: Project, trips: RawData) -> None:
    from mlops_lab.data.split import split
    from mlops_lab.pipeline import evaluate, gate

    parts = split(taxi, trips.frame, seed=0)
    rows = parts.train.sample(2_000, random_state=0)
    constant = train.fit(taxi, rows.assign(minutes=12.0), seed=0)

    found = evaluate.evaluate(taxi, constant, parts.train, parts.validation, parts.test)

    assert not gate.judge(taxi.gates, found.metrics).passed
