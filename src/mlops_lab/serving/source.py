"""Where a task gets its bundle from."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from mlops_lab.cloud import session
from mlops_lab.registry.bundle import Bundle, read_folder
from mlops_lab.registry.store import fetch


def load_bundle(uri: str, sha256: str, region: str | None = None) -> Bundle:
    """Read and verify a bundle from ``s3://bucket/prefix/``, a ``file://`` URI or a folder.

    Raises:
        LabError: It cannot be read, or is not the one that `sha256` names.
    """
    if uri.startswith("s3://"):
        with session.explained():
            return fetch(session.task_client("s3", region), uri, sha256)
    folder = unquote(urlsplit(uri).path) if uri.startswith("file://") else uri
    return read_folder(Path(folder), sha256)
