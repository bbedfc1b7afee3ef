from typing import Any

import pytest

from mlops_lab.errors import LabError
from mlops_lab.registry import bundle, history
from mlops_lab.registry.history import TrainingRun
from mlops_lab.registry.tracking import Version
from mlops_lab.reporting.training_summary import markdown

BUNDLE = bundle.seal({"project": "income", "version": "2"}, {"model.onnx": b"model", "profile.json": b"{}"})
VERSION = Version("2", "run-1", "s3://models/models/income/2/", BUNDLE.sha256, ())
RUN = TrainingRun(
    "run-1",
    "FINISHED",
    {"gate": "passed", "commit": "c0ffee"},
    {"seed": "3"},
    {"auc": 0.91, "logistic_auc": 0.9, "sex_selection_rate_gap": 0.2},
    VERSION,
)


class FakeBucket:
    """A versioned bucket: each put is a version of its own."""

    def __init__(self) -> None:
        self.versions: dict[str, list[bytes]] = {}
        for name, content in [*BUNDLE.files.items(), (bundle.MANIFEST, BUNDLE.manifest_bytes)]:
            self.put(name, content)

    def put(self, name: str, content: bytes) -> None:
        self.versions.setdefault(f"models/income/2/{name}", []).append(content)

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"VersionId": f"v{len(self.versions[Key])}"}

    def get_object(self, Bucket: str, Key: str, VersionId: str) -> dict[str, Any]:
        content = self.versions[Key][int(VersionId[1:]) - 1]
        return {"Body": type("Body", (), {"read": lambda self: content})()}


def test_a_bundle_is_read_by_object_version_and_verified():
    stored = history.read_stored(FakeBucket(), VERSION)

    assert stored.versions == {"manifest.json": "v1", "model.onnx": "v1", "profile.json": "v1"}
    assert stored.bundle.files == BUNDLE.files


def test_a_file_that_was_overwritten_is_not_believed():
    bucket = FakeBucket()
    bucket.put("model.onnx", b"another")

    with pytest.raises(LabError, match=r"models/income/2/model\.onnx has SHA-256"):
        history.read_stored(bucket, VERSION)


def test_an_object_without_a_version_is_refused(monkeypatch: pytest.MonkeyPatch):
    bucket = FakeBucket()
    monkeypatch.setattr(bucket, "head_object", lambda Bucket, Key: {})

    with pytest.raises(LabError, match=r"manifest\.json has no object version"):
        history.read_stored(bucket, VERSION)


def test_a_place_that_is_no_bundle_s_is_refused():
    with pytest.raises(LabError, match="is not a bundle's location"):
        history.read_stored(FakeBucket(), Version("2", "run-1", "https://elsewhere", "hash", ()))


def test_the_summary_names_version_run_commit_verdict_object_version_and_hash():
    text = markdown("income", RUN, history.read_stored(FakeBucket(), VERSION))

    assert "### income: version 2" in text
    for told in ("passed", "`run-1`", "`c0ffee`", "`v1`", f"`{BUNDLE.sha256}`", "| auc | 0.91 |"):
        assert told in text
    assert "logistic_auc" not in text
    assert "gap" not in text


def test_the_summary_of_a_refused_model_says_that_there_is_no_version():
    refused = TrainingRun("run-2", "FINISHED", {"gate": "refused"}, {}, {}, None)

    text = markdown("income", refused, None)

    assert "### income: no new version" in text
    assert "| verdict of the gate | refused |" in text
