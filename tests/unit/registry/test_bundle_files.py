import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlops_lab.errors import LabError
from mlops_lab.registry import bundle as bundles
from mlops_lab.registry.bundle import Bundle

KEYS = st.sampled_from(["files", "sha256", "a", "b.c", "../x"])
FILES = ("model.onnx", "features.json", "request.schema.json", "profile.json")


def test_a_bundle_is_read_as_it_was_written(bundle: Bundle, tmp_path: Path) -> None:
    bundles.write(bundle, tmp_path)

    read = bundles.read_folder(tmp_path, bundle.sha256)

    assert read == bundle
    assert read.manifest["version"] == "7"


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_file_is_refused_with_both_hashes(bundle: Bundle, tmp_path: Path, name: str) -> None:
    bundles.write(bundle, tmp_path)
    (tmp_path / name).write_bytes(bundle.files[name][:-1])

    with pytest.raises(LabError, match=bundle.manifest["files"][name]["sha256"]) as refusal:
        bundles.read_folder(tmp_path, bundle.sha256)

    assert name in str(refusal.value)


def test_two_swapped_files_are_refused(bundle: Bundle, tmp_path: Path) -> None:
    bundles.write(bundle, tmp_path)
    (tmp_path / "features.json").write_bytes(bundle.files["profile.json"])
    (tmp_path / "profile.json").write_bytes(bundle.files["features.json"])

    with pytest.raises(LabError, match=r"features\.json has SHA-256"):
        bundles.read_folder(tmp_path, bundle.sha256)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_a_missing_file_is_refused_by_name(bundle: Bundle, tmp_path: Path, name: str) -> None:
    bundles.write(bundle, tmp_path)
    (tmp_path / name).unlink()

    with pytest.raises(LabError, match=f"{name} cannot be read"):
        bundles.read_folder(tmp_path, bundle.sha256)


def test_a_manifest_that_was_rewritten_with_fitting_hashes_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    forged = bundles.seal({**bundle.manifest, "version": "8"}, {**bundle.files, "model.onnx": b"another model"})
    bundles.write(forged, tmp_path)

    with pytest.raises(LabError, match=f"expected {bundle.sha256}"):
        bundles.read_folder(tmp_path, bundle.sha256)


def test_a_file_name_that_leaves_the_folder_is_refused(tmp_path: Path) -> None:
    sealed = bundles.seal({}, {"../elsewhere": b""})
    (tmp_path / "manifest.json").write_bytes(sealed.manifest_bytes)

    with pytest.raises(LabError, match="file names are"):
        bundles.read_folder(tmp_path, sealed.sha256)


@given(
    st.one_of(
        st.binary(max_size=50),
        st.recursive(st.text(max_size=5), lambda each: st.dictionaries(KEYS, each, max_size=3))
        .filter(lambda document: not isinstance(document, dict) or document.get("files") != {})
        .map(bundles.encode),
        st.sampled_from([b"[" * 100_000, b"NaN", b'{"files": {"\\ud800": {"sha256": ""}}}']),
    )
)
def test_a_manifest_that_has_its_hash_and_is_none_is_refused(manifest: bytes) -> None:
    stored = {"manifest.json": manifest, "a": b"", "b.c": b""}

    with pytest.raises(LabError):
        bundles.open_verified(lambda name: stored.get(name, b""), bundles.digest(manifest), "memory/")


def test_a_file_too_large_to_be_of_a_bundle_is_refused_unread(bundle: Bundle, tmp_path: Path) -> None:
    bundles.write(bundle, tmp_path)
    os.truncate(tmp_path / "model.onnx", 10**12)  # a hole: it takes no disk, and nobody could read it

    with pytest.raises(
        LabError, match=r"model\.onnx has 1,000,000,000,000 bytes, a bundle's files 536,870,912 at most"
    ):
        bundles.read_folder(tmp_path, bundle.sha256)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(data=st.data())
def test_nothing_cut_off_added_or_swapped_passes(bundle: Bundle, data: st.DataObject) -> None:
    stored = {**bundle.files, "manifest.json": bundle.manifest_bytes}
    name, other = data.draw(st.lists(st.sampled_from(sorted(stored)), min_size=2, max_size=2, unique=True))
    cut = stored[name][: data.draw(st.integers(0, len(stored[name]) - 1))]
    stored[name] = data.draw(st.sampled_from([cut, stored[name] + b"\n", stored[other]]))

    with pytest.raises(LabError):
        bundles.open_verified(stored.__getitem__, bundle.sha256, "memory/")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(data=st.data())
def test_no_changed_byte_passes(bundle: Bundle, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*FILES, "manifest.json"]))
    stored = {**bundle.files, "manifest.json": bundle.manifest_bytes}
    where = data.draw(st.integers(0, len(stored[name]) - 1))
    changed = bytearray(stored[name])
    changed[where] ^= data.draw(st.integers(1, 255))
    stored[name] = bytes(changed)

    with pytest.raises(LabError):
        bundles.open_verified(stored.__getitem__, bundle.sha256, "memory/")


def test_equal_contents_have_one_encoding() -> None:
    assert bundles.encode({"b": 1, "a": [None, "é"]}) == bundles.encode(json.loads('{"a": [null, "é"], "b": 1}'))


def test_not_a_number_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        bundles.encode({"auc": float("nan")})
