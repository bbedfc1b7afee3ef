"""The bundle: everything serving needs of a model, and the manifest that vouches for every byte of it.

A bundle's identity is the SHA-256 of its manifest, which holds the SHA-256 of every other file.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from mlops_lab.errors import LabError

MANIFEST = "manifest.json"
MODEL = "model.onnx"
REQUEST_SCHEMA = "request.schema.json"
FEATURES = "features.json"
PROFILE = "profile.json"
FILE_NAME = re.compile(r"[a-z][a-z.]{0,63}")
LARGEST = 512 * 1024 * 1024  # bytes of a file; a task has one or two gigabytes
REPUBLISH = "publish the version again, or deploy another one"


@dataclass(frozen=True)
class Bundle:
    """The files of one model version and the bytes of its manifest."""

    manifest_bytes: bytes
    files: Mapping[str, bytes]

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest's values."""
        values = json.loads(self.manifest_bytes)
        assert isinstance(values, dict)
        return values

    @cached_property
    def sha256(self) -> str:
        """The bundle's identity."""
        return digest(self.manifest_bytes)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return len(self.manifest_bytes) + sum(map(len, self.files.values()))

    def document(self, name: str) -> Any:
        """The values of a JSON file."""
        return json.loads(self.files[name])


def digest(content: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def encode(document: Any) -> bytes:
    """JSON in one form only, so that equal values have equal hashes; NaN, which JSON has not, raises ValueError."""
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def seal(facts: Mapping[str, Any], files: Mapping[str, bytes]) -> Bundle:
    """Write the manifest of files: the facts, and every file's size and hash."""
    listed = {name: {"sha256": digest(content), "bytes": len(content)} for name, content in files.items()}
    return Bundle(encode({**facts, "files": listed}), dict(files))


def open_verified(read: Callable[[str], bytes], sha256: str, where: str) -> Bundle:
    """Read a bundle through `read(file name)`, believing nothing that has not been verified.

    Raises:
        LabError: The manifest is not the one that `sha256` names or lists no files, or a file is not the one that the
            manifest names.
    """
    manifest = read(MANIFEST)
    if (found := digest(manifest)) != sha256:
        raise LabError(f"{where}{MANIFEST} has SHA-256 {found}, expected {sha256}; {REPUBLISH}.")
    listed = _listed(manifest, where)
    return Bundle(manifest, {name: _verified(read, name, listed[name], where) for name in sorted(listed)})


def refuse_huge(place: str, size: int) -> None:
    """Refuse a file by its size, before it is read into memory.

    Raises:
        LabError: It is larger than any of a bundle's.
    """
    if size > LARGEST:
        raise LabError(f"{place} has {size:,} bytes, a bundle's files {LARGEST:,} at most; {REPUBLISH}.")


def write(bundle: Bundle, folder: Path) -> None:
    """Write a bundle to a folder, the manifest last."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in bundle.files.items():
        (folder / name).write_bytes(content)
    (folder / MANIFEST).write_bytes(bundle.manifest_bytes)


def read_folder(folder: Path, sha256: str) -> Bundle:
    """Read a bundle from a folder.

    Raises:
        LabError: A file is missing or is not the one that the manifest names.
    """

    def read(name: str) -> bytes:
        try:
            refuse_huge(str(folder / name), (folder / name).stat().st_size)
            return (folder / name).read_bytes()
        except OSError as error:
            raise LabError(f"{folder / name} cannot be read ({error.strerror}); {REPUBLISH}.") from None

    return open_verified(read, sha256, f"{folder}/")


def _listed(manifest: bytes, where: str) -> dict[str, str]:
    """Return the SHA-256 of each file that a manifest lists."""
    try:
        listed = Bundle(manifest, {}).manifest["files"]
        return {str(name): str(each["sha256"]) for name, each in listed.items()}
    except (ValueError, KeyError, TypeError, AttributeError, AssertionError, RecursionError) as error:
        said = " ".join(str(error).split())[:100] or type(error).__name__
        raise LabError(f"{where}{MANIFEST} is no manifest ({said}); {REPUBLISH}.") from None


def _verified(read: Callable[[str], bytes], name: str, sha256: str, where: str) -> bytes:
    if not FILE_NAME.fullmatch(name):
        raise LabError(f"{where}{MANIFEST} names the file {name!r}; file names are lower-case letters and dots.")
    content = read(name)
    if (found := digest(content)) != sha256:
        raise LabError(f"{where}{name} has SHA-256 {found}, expected {sha256}; {REPUBLISH}.")
    return content
