"""Drift of real data: trips of 2018 to 2020 as the model that learnt 2018 would have logged them."""

import ibis
import numpy as np
import pandas as pd
import pytest
from tests.integration.prediction_rows import labels, logged, month

from mlops_lab.data.dataset import RawData
from mlops_lab.data.label import labelled
from mlops_lab.drift.watch import reference_of
from mlops_lab.pipeline import train
from mlops_lab.pipeline.comparison import SIGNIFICANCE
from mlops_lab.pipeline.counting import count
from mlops_lab.pipeline.drift import Drift, compare
from mlops_lab.pipeline.features import compute
from mlops_lab.pipeline.performance import measure
from mlops_lab.pipeline.profile import reference_profile
from mlops_lab.pipeline.reference import Reference, read_reference
from mlops_lab.projects.project import Project
from mlops_lab.registry.bundle import Bundle
from mlops_lab.registry.champion import Champion
from mlops_lab.registry.onnx_model import bundle_scores

RESAMPLES, WINDOW = 100, 2_000
CLAIMED = SIGNIFICANCE  # of windows without drift, the share that may be called one


@pytest.fixture(scope="module")
def year(taxi: Project, trips: RawData) -> pd.DataFrame:
    """Trips of 2018 with a label, in random order."""
    table = labelled(taxi, trips.frame)
    return table[table["pickup_datetime"] < "2019-01-01"].sample(frac=1, random_state=0)


@pytest.fixture(scope="module")
def held_back(taxi: Project, year: pd.DataFrame) -> tuple[Reference, pd.DataFrame]:
    """The reference of a model that has learnt seven tenths of 2018, and the log of trips that neither has seen."""
    first, second = int(0.7 * len(year)), int(0.85 * len(year))
    learnt, judged, rest = year.iloc[:first], year.iloc[first:second], year.iloc[second:]
    model = train.fit(taxi, learnt, seed=0)
    scores, truth = model.score(judged), train.labels(taxi, judged)
    features = compute(model.spec, train.columns_of(model.spec, learnt))
    profile = reference_profile(model.spec, features, scores, "mae", np.abs(scores - truth))
    return read_reference("3", model.spec, profile), logged(taxi, rest, model.score(rest))


@pytest.fixture(scope="module")
def reference(taxi_bundle: Bundle) -> Reference:
    return reference_of(Champion("3", taxi_bundle))


def drift_in(project: Project, bundle: Bundle, reference: Reference, rows: pd.DataFrame) -> Drift:
    log = ibis.memtable(logged(project, rows, bundle_scores(bundle, rows)))
    performance = measure(log, ibis.memtable(labels(project, rows)), reference.known_losses)
    return compare(reference, count(log, reference), performance)


def test_held_back_trips_of_2018_raise_fewer_alarms_than_claimed(held_back: tuple[Reference, pd.DataFrame]) -> None:
    reference, log = held_back

    windows = [
        compare(reference, count(ibis.memtable(log.sample(WINDOW, random_state=seed)), reference))
        for seed in range(RESAMPLES)
    ]

    alarms = sum(each.verdict != "none" for each in windows)
    significant = sum(
        min(one.adjusted for part in each.compared for one in part.evidence) <= CLAIMED for each in windows
    )
    assert all(not part.left_out for each in windows for part in each.compared)
    assert alarms / RESAMPLES <= CLAIMED
    assert significant / RESAMPLES <= 2 * CLAIMED  # p-values alone; the windows share rows


def test_april_2020_is_damage_that_labels_show_though_the_score_hardly_moves(
    taxi: Project, trips: RawData, taxi_bundle: Bundle, reference: Reference
) -> None:
    drift = drift_in(taxi, taxi_bundle, reference, month(trips.frame, "2020-04"))

    assert drift.verdict == "damage"
    assert drift.performance is not None
    assert drift.performance.mean > 5 > 3.6 > drift.performance.reference
    assert drift.score is not None
    assert not drift.score.drifted
    assert {"pickup_zone", "dropoff_zone", "passenger_count"} <= {each.name for each in drift.drifted}


def test_without_labels_april_2020_is_data_drift(
    taxi: Project, trips: RawData, taxi_bundle: Bundle, reference: Reference
) -> None:
    rows = month(trips.frame, "2020-04")
    log = ibis.memtable(logged(taxi, rows, bundle_scores(taxi_bundle, rows)))

    drift = compare(reference, count(log, reference))

    assert drift.verdict == "data drift"
    assert drift.reasons[0] == "no labels have arrived: damage cannot be seen"


def test_february_2019_is_data_drift_of_the_passenger_count_without_damage(
    taxi: Project, trips: RawData, taxi_bundle: Bundle, reference: Reference
) -> None:
    drift = drift_in(taxi, taxi_bundle, reference, month(trips.frame, "2019-02"))

    assert drift.verdict == "data drift"
    assert [each.name for each in drift.drifted] == ["passenger_count"]
    shape = drift.drifted[0].shape
    assert shape is not None
    assert shape.stability_index == pytest.approx(0.45, abs=0.03)  # as published with the data
    assert drift.performance is not None
    assert drift.performance.known


@pytest.mark.parametrize("quiet", ["2019-01", "2020-02"])
def test_a_month_like_2018_has_no_drift(
    taxi: Project, trips: RawData, taxi_bundle: Bundle, reference: Reference, quiet: str
) -> None:
    assert drift_in(taxi, taxi_bundle, reference, month(trips.frame, quiet)).verdict == "none"


def test_a_hundred_trips_are_not_enough_even_of_april_2020(
    taxi: Project, trips: RawData, taxi_bundle: Bundle, reference: Reference
) -> None:
    assert drift_in(taxi, taxi_bundle, reference, month(trips.frame, "2020-04").head(100)).verdict == "not enough data"
