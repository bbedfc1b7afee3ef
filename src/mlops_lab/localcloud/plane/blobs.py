"""Large values as files named by their SHA-256: written once, referred to by journal and snapshot."""

import hashlib
import os
from collections.abc import Collection
from pathlib import Path

from mlops_lab.errors import LabError

LARGE = 64 * 1024  # bytes; what is larger is kept as a blob


def digest_of(value: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(value).hexdigest()


class Blobs:
    """A folder of content-addressed files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, value: bytes) -> str:
        """Keep a value and return its SHA-256; the file has its name only once it is complete."""
        digest = digest_of(value)
        path = self.path(digest)
        if not path.exists():
            write_atomically(path, value)
        return digest

    def get(self, digest: str) -> bytes:
        """Return a value.

        Raises:
            LabError: The file is missing or does not have its SHA-256.
        """
        path = self.path(digest)
        try:
            value = path.read_bytes()
        except FileNotFoundError:
            raise LabError(f"{path} is missing, so the cloud's state cannot be restored; {START_AFRESH}.") from None
        if digest_of(value) != digest:
            raise LabError(f"{path} is damaged, so the cloud's state cannot be restored; {START_AFRESH}.")
        return value

    def path(self, digest: str) -> Path:
        """Return the file of a value, whether it exists or not."""
        return self.folder / digest

    def keep_only(self, digests: Collection[str]) -> None:
        """Remove every other file, half-written ones included; nothing may be written meanwhile."""
        for path in self.folder.iterdir():
            if path.name not in digests:
                path.unlink(missing_ok=True)


START_AFRESH = "restore the folder from a backup or run `make reset` to start afresh"


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader after any crash sees it complete or not at all."""
    temporary = path.with_name(f"{path.name}.part")
    with open(temporary, "wb", opener=_private) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
