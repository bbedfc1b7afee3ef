"""Bundles in a bucket, and retraining into it, against moto."""

import logging
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from mlops_lab import catalog, retrain
from mlops_lab.candidate import Candidate
from mlops_lab.cloud import session
from mlops_lab.errors import LabError
from mlops_lab.pipeline.gate import judge
from mlops_lab.projects.project import Gate
from mlops_lab.registry import bundle as bundles
from mlops_lab.registry import store
from mlops_lab.registry.bundle import Bundle
from mlops_lab.registry.tracking import BUNDLE_SHA256, BUNDLE_URI, load_mlflow
from mlops_lab.settings import Settings

BUCKET = catalog.models_bucket("123456789012")


@pytest.fixture(scope="module")
def cloud_port() -> Iterator[int]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@pytest.fixture
def settings(cloud_port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A lab whose MLflow is a store without a server before it; it keeps artefacts in the working directory."""
    monkeypatch.chdir(tmp_path)
    return Settings(TARGET="local", root=tmp_path, cloud_port=cloud_port, mlflow=f"sqlite:///{tmp_path}/mlflow.db")


@pytest.fixture
def s3(settings: Settings) -> Iterator[Any]:
    """S3 with an empty, versioned models bucket."""
    client = session.client(settings, "s3")
    client.create_bucket(Bucket=BUCKET)
    client.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    yield client
    emptied(client)
    client.delete_bucket(Bucket=BUCKET)


def emptied(s3: Any) -> None:
    """Leave the bucket as one that never held anything."""
    listed = s3.list_object_versions(Bucket=BUCKET)
    for found in listed.get("Versions", []) + listed.get("DeleteMarkers", []):
        s3.delete_object(Bucket=BUCKET, Key=found["Key"], VersionId=found["VersionId"])


class FailingS3:
    """S3 that refuses one file, and otherwise passes everything on."""

    def __init__(self, s3: Any, refused: str):
        self._s3, self._refused = s3, refused

    def put_object(self, **options: Any) -> Any:
        if options["Key"].endswith(self._refused):
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "PutObject")
        return self._s3.put_object(**options)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)


def keys(s3: Any) -> list[str]:
    return [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]


def versions(settings: Settings) -> list[Any]:
    client = load_mlflow().MlflowClient(settings.mlflow_uri, settings.mlflow_uri)
    return list(client.search_model_versions("name = 'income'"))


def runs(settings: Settings) -> list[Any]:
    client = load_mlflow().MlflowClient(settings.mlflow_uri)
    return list(client.search_runs([client.get_experiment_by_name("income").experiment_id]))


def test_a_published_bundle_is_fetched_as_it_was(s3: Any, bundle: Bundle) -> None:
    uri = store.publish(s3, BUCKET, bundle)

    assert uri == f"s3://{BUCKET}/models/income/7/"
    assert store.fetch(s3, uri, bundle.sha256) == bundle
    assert s3.head_object(Bucket=BUCKET, Key="models/income/7/manifest.json")["Metadata"]["sha256"] == bundle.sha256


@pytest.mark.parametrize("refused", ["features.json", "manifest.json"])
def test_a_bundle_that_cannot_be_completed_leaves_nothing(s3: Any, bundle: Bundle, refused: str) -> None:
    with pytest.raises(LabError, match="access is denied"):
        store.publish(FailingS3(s3, refused), BUCKET, bundle)

    assert keys(s3) == []


def test_a_version_is_never_overwritten(s3: Any, bundle: Bundle) -> None:
    uri = store.publish(s3, BUCKET, bundle)
    other = bundles.seal({**bundle.manifest, "run_id": "another run"}, bundle.files)

    with pytest.raises(LabError, match="a version is never overwritten"):
        store.publish(s3, BUCKET, other)

    assert store.fetch(s3, uri, bundle.sha256) == bundle


def test_a_bundle_tampered_with_in_the_bucket_is_refused(s3: Any, bundle: Bundle) -> None:
    uri = store.publish(s3, BUCKET, bundle)
    s3.put_object(Bucket=BUCKET, Key="models/income/7/model.onnx", Body=b"another model")

    with pytest.raises(LabError, match=r"model\.onnx has SHA-256"):
        store.fetch(s3, uri, bundle.sha256)


def test_a_bundle_that_is_not_there_is_refused_by_name(s3: Any) -> None:
    with pytest.raises(LabError, match=r"models/income/9/manifest\.json cannot be read \(NoSuchKey\)"):
        store.fetch(s3, f"s3://{BUCKET}/models/income/9/", "0" * 64)


def test_the_latest_version_is_the_highest_number(s3: Any) -> None:
    for key in ("models/income/9/manifest.json", "models/income/10/model.onnx", "models/taxi/11/manifest.json"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"")

    assert store.latest_version(s3, BUCKET, "income") == 10
    assert store.latest_version(s3, BUCKET, "other") == 0


def better(candidate: Candidate) -> Candidate:
    """One that knows half of the truth."""
    known = candidate.evaluation
    return replace(candidate, evaluation=replace(known, scores=(known.scores + known.truth) / 2))


def test_publishing_registers_a_version_that_names_its_bundle(
    s3: Any, settings: Settings, candidate: Candidate
) -> None:
    first, second = retrain.publish(candidate, settings), retrain.publish(better(candidate), settings)

    assert (first.version, second.version) == ("1", "2")
    assert {found.version: found.tags[BUNDLE_URI] for found in versions(settings)} == {
        1: first.bundle_uri,
        2: second.bundle_uri,
    }
    fetched = store.fetch(s3, second.bundle_uri, second.bundle_sha256)
    assert fetched.manifest["run_id"] == second.run_id
    assert {found.tags[BUNDLE_SHA256] for found in versions(settings)} == {first.bundle_sha256, second.bundle_sha256}


def test_a_run_keeps_parameters_metrics_model_data_and_verdict(
    s3: Any, settings: Settings, candidate: Candidate
) -> None:
    published = retrain.publish(candidate, settings)

    (run,) = runs(settings)
    mlflow = load_mlflow()
    loaded = mlflow.sklearn.load_model(f"models:/income/{published.version}")
    artefacts = {item.path for item in mlflow.MlflowClient(settings.mlflow_uri).list_artifacts(run.info.run_id)}
    assert run.data.metrics["auc"] == pytest.approx(candidate.evaluation.metrics["auc"])
    assert {"logistic_auc", "constant_log_loss", "parity_largest_difference"} <= set(run.data.metrics)
    assert run.data.params["data_sha256"] == candidate.provenance.sha256
    assert run.data.tags["gate"] == "passed"
    assert run.inputs.dataset_inputs[0].dataset.name == "adult.parquet"
    assert artefacts == {"gate.json", "groups.json", "search.json", "reliability.png", "cost_by_threshold.png"}
    assert replace(candidate.model, pipeline=loaded).score(candidate.splits.test) == pytest.approx(
        candidate.evaluation.scores
    )


def test_a_lost_registry_does_not_reuse_a_number_of_the_bucket(
    s3: Any, settings: Settings, candidate: Candidate
) -> None:
    s3.put_object(Bucket=BUCKET, Key="models/income/4/manifest.json", Body=b"{}")

    published = retrain.publish(candidate, settings)

    assert published.version == "5"
    assert [int(found.version) for found in versions(settings)] == [5]


def test_a_model_that_the_gate_refuses_is_logged_but_not_registered(
    s3: Any, settings: Settings, candidate: Candidate
) -> None:
    refused = replace(candidate, verdict=judge([Gate("auc", minimum=0.999)], candidate.evaluation.metrics))

    with pytest.raises(LabError, match=r"The gate refuses this model of income \(auc is 0\."):
        retrain.publish(refused, settings)

    assert [run.data.tags["gate"] for run in runs(settings)] == ["refused"]
    assert versions(settings) == []
    assert keys(s3) == []


def test_where_publishing_fails_nothing_is_registered_and_the_run_has_failed(
    s3: Any, settings: Settings, candidate: Candidate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "client", refusing_manifests(session.client))

    with pytest.raises(LabError, match="access is denied"):
        retrain.publish(candidate, settings)

    assert versions(settings) == []
    assert keys(s3) == []
    assert [run.info.status for run in runs(settings)] == ["FAILED"]


def refusing_manifests(connect: Any) -> Any:
    def client(settings: Settings, service: str) -> Any:
        found = connect(settings, service)
        return FailingS3(found, "manifest.json") if service == "s3" else found

    return client


def test_without_a_bucket_nothing_is_logged(settings: Settings, candidate: Candidate) -> None:
    with pytest.raises(LabError, match="the bucket does not exist; run `make apply`"):
        retrain.publish(candidate, settings)

    assert not (settings.root / "mlflow.db").exists()


def test_an_mlflow_that_is_down_is_one_line_and_a_rerun_publishes(
    s3: Any, settings: Settings, candidate: Candidate
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        down = settings.model_copy(update={"mlflow": f"http://127.0.0.1:{nobody.getsockname()[1]}"})
        with pytest.raises(LabError, match=r"MLflow at http://.* cannot be used .*make status") as refusal:
            retrain.publish(candidate, down)

    assert "\n" not in str(refusal.value)
    assert keys(s3) == []
    assert retrain.publish(candidate, settings).version == "1"


def test_the_newest_version_is_found_by_its_manifest_s_hash(s3: Any, bundle: Bundle):
    store.publish(s3, BUCKET, bundle)

    found = store.find(s3, BUCKET, "income")

    assert found.uri == f"s3://{BUCKET}/models/income/{bundle.manifest['version']}/"
    assert found.sha256 == bundle.sha256


def test_a_version_that_was_published_by_half_is_passed_over(s3: Any, bundle: Bundle):
    store.publish(s3, BUCKET, bundle)
    s3.put_object(Bucket=BUCKET, Key="models/income/99/model.onnx", Body=b"the first file of a killed retrain")

    assert store.find(s3, BUCKET, "income").version == bundle.manifest["version"]


@pytest.mark.parametrize("version", [None, "7"])
def test_a_version_that_does_not_exist_is_said_to_be_missing(s3: Any, version: str | None):
    with pytest.raises(LabError, match=r"is published in .*make retrain PROJECT=income"):
        store.find(s3, BUCKET, "income", version)
