from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from tests.unit.reporting.experiments import experiment

from mlops_lab.cloud import scaling
from mlops_lab.cloud.scaling import Activity
from mlops_lab.load import record
from mlops_lab.load.experiment import Experiment
from mlops_lab.settings import Settings

HOUR = timedelta(hours=1)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path)


def recent() -> Experiment:
    """An experiment that ended an hour ago."""
    old = experiment()
    shift = datetime.now(UTC) - HOUR - old.end
    activities = tuple(replace(each, started=each.started + shift) for each in old.activities)
    return replace(old, start=old.start + shift, end=old.end + shift, activities=activities)


def keep(settings: Settings, found: Experiment) -> None:
    path = settings.state_dir / "experiments" / "autoscaling-local-income.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(found))


def reports(monkeypatch: pytest.MonkeyPatch, activities: tuple[Activity, ...]) -> None:
    monkeypatch.setattr(scaling, "activities", lambda *_: list(activities))


def test_a_kept_experiment_is_read_back_as_it_was(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    found = recent()
    keep(settings, found)
    reports(monkeypatch, found.activities)

    read = record.recent(settings, "income")

    assert read is not None
    assert (read.start, read.activities, read.actions) == (found.start, found.activities, found.actions)
    assert read.series == found.series
    assert read.summary.offered == found.summary.offered


def test_one_that_the_target_knows_nothing_of_does_not_count(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(settings, recent())
    reports(monkeypatch, ())

    assert record.recent(settings, "income") is None


def test_one_older_than_a_day_does_not_count(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    found = recent()
    keep(settings, replace(found, end=found.end - timedelta(days=1)))
    reports(monkeypatch, found.activities)

    assert record.recent(settings, "income") is None


def test_a_damaged_or_missing_record_is_no_record(settings: Settings) -> None:
    assert record.recent(settings, "income") is None

    keep(settings, recent())
    path = settings.state_dir / "experiments" / "autoscaling-local-income.json"
    path.write_bytes(path.read_bytes()[:100])

    assert record.recent(settings, "income") is None
