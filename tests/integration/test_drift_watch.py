"""`make drift` from end to end: a log and labels in S3 of moto, the champion's reference, MLflow, CloudWatch."""

import io
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from tests.integration.prediction_rows import labels, logged
from tests.integration.test_bundle_publication import cloud_port as cloud_port
from tests.integration.test_bundle_publication import s3 as s3
from tests.integration.test_bundle_publication import settings as settings

from mlops_lab import catalog, retrain
from mlops_lab.candidate import Candidate
from mlops_lab.cloud import session
from mlops_lab.drift.report import show
from mlops_lab.drift.watch import watch
from mlops_lab.errors import LabError
from mlops_lab.outcomes import week5
from mlops_lab.outcomes.outcome import NotReachedError
from mlops_lab.registry.bundle import Bundle
from mlops_lab.registry.onnx_model import bundle_scores
from mlops_lab.registry.tracking import load_mlflow
from mlops_lab.settings import Settings

BUCKET = catalog.predictions_bucket("123456789012")
DAY = "2026-11-01"


class Log:
    """A project's log and labels in S3."""

    def __init__(self, s3: Any, candidate: Candidate, bundle: Bundle):
        self.s3, self.candidate, self.bundle = s3, candidate, bundle

    @property
    def rows(self) -> pd.DataFrame:
        test = self.candidate.splits.test
        return logged(self.candidate.project, test, bundle_scores(self.bundle, test), version="1")

    def put(self, rows: pd.DataFrame, prefix: str = "predictions", day: str = DAY, name: str = "a") -> None:
        held = io.BytesIO()
        rows.to_parquet(held, coerce_timestamps="us")
        key = f"{prefix}/project=income/date={day}/hour=00/{name}.parquet"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=held.getvalue())

    def put_labels(self, *, wrong: bool = False) -> None:
        found = labels(self.candidate.project, self.candidate.splits.test)
        self.put(found.assign(label=1 - found["label"]) if wrong else found, "labels")


@pytest.fixture
def log(s3: Any, settings: Settings, candidate: Candidate, bundle: Bundle) -> Iterator[Log]:
    """A published champion, version 1, and an empty log."""
    retrain.publish(candidate, settings)
    s3.create_bucket(Bucket=BUCKET)
    yield Log(s3, candidate, bundle)
    for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])
    s3.delete_bucket(Bucket=BUCKET)


def runs(settings: Settings) -> list[Any]:
    client = load_mlflow().MlflowClient(settings.mlflow_uri)
    experiment = client.get_experiment_by_name("income-drift")
    return list(client.search_runs([experiment.experiment_id])) if experiment else []


def levels(settings: Settings) -> list[float]:
    found = session.client(settings, "cloudwatch").get_metric_statistics(
        Namespace="mlops-lab",
        MetricName="DriftLevel",
        Dimensions=[{"Name": "Project", "Value": "income"}],
        StartTime=datetime(2020, 1, 1),
        EndTime=datetime(2100, 1, 1),
        Period=60,
        Statistics=["Maximum"],
    )
    return [each["Maximum"] for each in found["Datapoints"]]


def test_held_out_rows_have_no_drift_and_every_figure_is_in_mlflow(log: Log, settings: Settings) -> None:
    log.put(log.rows)
    log.put_labels()

    looked, run = watch(settings, "income")

    assert (looked.drift.verdict, looked.drift.rows, looked.others) == ("none", len(log.rows), 0)
    kept = load_mlflow().MlflowClient(settings.mlflow_uri).get_run(run)
    assert kept.data.tags["verdict"] == "none"
    assert {
        "psi_age",
        "js_age",
        "ks_age",
        "p_adjusted_age",
        "psi_score",
        "cramers_v_workclass",
        "live_log_loss",
    } <= set(kept.data.metrics)
    names = {each.path for each in load_mlflow().MlflowClient(settings.mlflow_uri).list_artifacts(run)}
    assert names == {"drift.json", "stability_index.png", "distributions.png"}


def test_a_shifted_field_is_data_drift_which_cloudwatch_is_told(log: Log, settings: Settings) -> None:
    log.put(log.rows.assign(age=log.rows["age"] + 15))

    looked, _ = watch(settings, "income")

    assert looked.drift.verdict == "data drift"
    assert [each.name for each in looked.drift.drifted] == ["age"]
    assert max(levels(settings)) == 1


def test_wrong_answers_are_damage(log: Log, settings: Settings) -> None:
    log.put(log.rows)
    log.put_labels(wrong=True)

    assert watch(settings, "income")[0].drift.verdict == "damage"


def test_a_row_that_was_delivered_twice_counts_once(log: Log, settings: Settings) -> None:
    log.put(log.rows)
    log.put(log.rows.head(300), name="again")

    assert watch(settings, "income")[0].drift.rows == len(log.rows)


def test_only_the_windows_rows_of_the_champions_version_count(log: Log, settings: Settings) -> None:
    log.put(log.rows)
    log.put(log.rows.assign(model_version="2", request_id="other").head(1), name="other")
    later = log.rows.assign(
        logged_at=log.rows["logged_at"] + pd.Timedelta(days=1), request_id="later-" + log.rows["request_id"]
    )
    log.put(later, day="2026-11-02")

    looked, _ = watch(settings, "income", DAY)

    assert (looked.drift.rows, looked.others) == (len(log.rows), 1)
    assert looked.window == "2026-11-01 up to 2026-11-02"


@pytest.mark.parametrize("rows", [0, 120])
def test_few_rows_or_none_are_not_enough_data_and_no_level(log: Log, settings: Settings, rows: int) -> None:
    before = len(levels(settings))
    if rows:
        log.put(log.rows.head(rows))

    looked, _ = watch(settings, "income")

    assert (looked.drift.verdict, looked.drift.rows) == ("not enough data", rows)
    assert len(levels(settings)) == before


@pytest.mark.parametrize("lacking", ["age", "score", "model_version"])
def test_a_log_without_a_column_is_an_error_and_no_verdict(log: Log, settings: Settings, lacking: str) -> None:
    log.put(log.rows.drop(columns=lacking))

    with pytest.raises(LabError, match=f"no column '{lacking}'"):
        watch(settings, "income")

    assert runs(settings) == []


DAMAGED = {
    "empty": b"",
    "text": b"request_id,row\n1,0\n",
    "footer only": b"PAR1",
    "a footer that lies": b"PAR1" + b"\0" * 64 + (2**31 - 1).to_bytes(4, "little") + b"PAR1",
}


def _of_the_log(log: Log, change: Callable[[bytes], bytes]) -> bytes:
    held = io.BytesIO()
    log.rows.to_parquet(held, coerce_timestamps="us")
    return change(held.getvalue())


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
@pytest.mark.parametrize("prefix", ["predictions", "labels"])
def test_a_file_that_is_no_parquet_is_named_and_there_is_no_verdict(
    log: Log, settings: Settings, content: bytes, prefix: str
) -> None:
    log.put(log.rows)
    key = f"{prefix}/project=income/date={DAY}/hour=00/b.parquet"
    log.s3.put_object(Bucket=BUCKET, Key=key, Body=content)

    with pytest.raises(LabError, match=f"{key} is no Parquet file that can be read"):
        watch(settings, "income")

    assert runs(settings) == []


@pytest.mark.parametrize("cut", ["first half", "garbled pages"])
def test_a_damaged_file_of_the_log_is_an_error_and_no_verdict(log: Log, settings: Settings, cut: str) -> None:
    def damage(content: bytes) -> bytes:
        return content[: len(content) // 2] if cut == "first half" else content[:100] + b"\xff" * 4000 + content[4100:]

    log.put(log.rows)
    key = f"predictions/project=income/date={DAY}/hour=00/b.parquet"
    log.s3.put_object(Bucket=BUCKET, Key=key, Body=_of_the_log(log, damage))

    with pytest.raises(LabError, match=r"is no Parquet file that can be read|cannot be read together"):
        watch(settings, "income")

    assert runs(settings) == []


def test_without_a_champion_there_is_nothing_to_compare_with(s3: Any, settings: Settings) -> None:
    with pytest.raises(LabError, match="income has no champion to compare with; `make retrain PROJECT=income`"):
        watch(settings, "income")


def test_the_table_names_what_has_drifted_and_the_verdict(log: Log, settings: Settings) -> None:
    log.put(log.rows.assign(age=np.nan))
    console = Console(record=True, width=120)

    show(watch(settings, "income")[0], console)

    said = console.export_text()
    assert "verdict: data drift" in said
    assert "age: missing rate changed by 100.0%" in said


def test_outcome_5_3_sees_the_newest_report_and_says_what_is_missing(
    log: Log, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(week5, "DRIFTING", "income")
    with pytest.raises(NotReachedError, match="MLflow has no drift run"):
        week5.drift_is_in_mlflow(settings)
    log.put(log.rows)
    watch(settings, "income")

    evidence = week5.drift_is_in_mlflow(settings)

    assert "against the reference of version 1: none" in evidence
