import pickle
from datetime import UTC, datetime

import pytest

from mlops_lab.localcloud.plane.extension.metrics import store as store_module
from mlops_lab.localcloud.plane.extension.metrics.datum import MalformedDatumError, Metric
from mlops_lab.localcloud.plane.extension.metrics.series import HOUR, TIERS, Series
from mlops_lab.localcloud.plane.extension.metrics.store import MetricStore
from mlops_lab.localcloud.plane.extension.metrics.summary import of_values, percentile

DAY = 24 * HOUR
LATENCY = Metric("n", "latency", (), "")


def one(value: float = 1.0):
    return of_values({value: 1.0})


def datum(second: float, value: float = 1.0, name: str = "latency", **fields: object) -> dict:
    moment = datetime.fromtimestamp(second, UTC)
    return {"MetricName": name, "Value": value, "Timestamp": moment, "StorageResolution": 1, **fields}


def test_periods_begin_at_multiples_of_their_length_and_the_first_is_whole():
    series = Series()
    for second in (59, 60, 119, 120, 125):
        series.add(second, 1, one())

    found = series.periods(start=70, end=125, period=60)

    assert {start: summary.samples for start, summary in found.items()} == {60: 2, 120: 1}


def test_high_resolution_keeps_the_second_and_standard_resolution_the_minute():
    series = Series()
    series.add(125, 1, one())
    series.add(125, 60, one())

    assert list(series.periods(0, 300, 1)) == [120, 125]


def test_old_data_move_into_longer_stretches_and_nothing_is_lost_on_the_way():
    series = Series()
    for second in range(0, 600, 10):
        series.add(second, 1, one(second))

    series.trim(now=700 + TIERS[0].seconds)
    minutes = series.periods(0, 600, 1)
    series.trim(now=1_000 + TIERS[1].seconds)
    stretches = series.periods(0, 600, 1)

    assert list(minutes) == list(range(0, 600, 60))
    assert list(stretches) == [0, 300]
    assert sum(summary.samples for summary in stretches.values()) == 60
    assert sum(summary.total for summary in stretches.values()) == sum(range(0, 600, 10))
    assert percentile(stretches[0], 100) == 290


def test_very_old_data_are_dropped():
    series = Series()
    series.add(0, 1, one())

    for now in (4 * HOUR, 2 * DAY, 16 * DAY):
        series.trim(now)

    assert series.is_empty


def test_a_series_of_months_stays_small():
    series = Series()
    for minute in range(40 * 24 * 60):
        series.add(minute * 60, 1, one())
        if minute % 600 == 0:
            series.trim(minute * 60)

    kept = len(series.periods(0, 41 * DAY, 1))
    assert kept < 180 + 600 + 24 * 60 + 15 * 24 * 12 + 100


def test_a_series_survives_pickling():
    series = Series()
    series.add(100, 1, of_values({1.0: 2, 3.0: 1}))

    copy = pickle.loads(pickle.dumps(series))

    assert copy.periods(0, 200, 10) == series.periods(0, 200, 10)
    assert copy.newest == 100


def test_a_request_with_a_malformed_datum_adds_nothing():
    store = MetricStore()

    with pytest.raises(MalformedDatumError):
        store.add("n", [datum(1), {"MetricName": "m"}], now=1)

    assert len(store) == 0


def test_a_datum_without_a_timestamp_is_of_now():
    store = MetricStore()

    store.add("n", [{"MetricName": "latency", "Value": 1.0}], now=125.0)

    assert list(store.periods(LATENCY, 0, 200, 60)) == [120]


def test_a_metric_is_found_in_all_its_units_or_in_one():
    store = MetricStore()
    store.add("n", [datum(1, 1.0, Unit="Seconds"), datum(1, 5.0, Unit="Count")], now=1)

    assert store.periods(LATENCY, 0, 10, 10)[0].total == 6
    assert store.periods(LATENCY, 0, 10, 10, units=("Count",))[0].total == 5


def test_metrics_are_listed_by_namespace_name_dimension_and_youth():
    store = MetricStore()
    ours = [{"Name": "Service", "Value": "a"}]
    store.add("n", [datum(1, name="cpu", Dimensions=ours), datum(100, name="memory", Dimensions=ours)], now=100)
    store.add("other", [datum(100, name="cpu")], now=100)

    def names(*arguments: object, **named: object) -> list[str]:
        return [f"{namespace}/{name}" for namespace, name, _ in store.find(*arguments, **named)]

    assert names(None, None, []) == ["n/cpu", "n/memory", "other/cpu"]
    assert names("n", None, []) == ["n/cpu", "n/memory"]
    assert names(None, "cpu", [("Service", None)]) == ["n/cpu"]
    assert names(None, None, [("Service", "b")]) == []
    assert names("n", None, [], since=50) == ["n/memory"]


def test_metrics_without_data_are_forgotten():
    store = MetricStore()
    store.add("n", [datum(0, name="old")], now=0)

    for now in (4 * HOUR, 2 * DAY, 16 * DAY):
        store.add("n", [datum(now)], now=now)

    assert {each.name for each in store} == {"latency"}


def test_the_number_of_metrics_has_a_limit(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store_module, "MOST_METRICS", 3)
    store = MetricStore()

    store.add("n", [datum(second, name=f"m{second}") for second in range(10)], now=100)

    assert {each.name for each in store} == {"m7", "m8", "m9"}
