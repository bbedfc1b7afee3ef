"""What goes into an image: the files that `.dockerignore` lets through."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from docker.utils.build import exclude_paths  # type: ignore[import-untyped]

from mlops_lab.errors import LabError

IGNORE = ".dockerignore"
DOCKERFILE = Path("infra/docker/Dockerfile")
SOURCE = Path("src")


def files(root: Path) -> list[Path]:
    """Return the files of the build context, relative to the checkout and sorted.

    Raises:
        LabError: The folder is no checkout.
    """
    if not (root / IGNORE).is_file():
        raise LabError(f"{root} has no {IGNORE}, so it is no checkout of the lab; run the command in one.")
    lines = [line.strip() for line in (root / IGNORE).read_text().splitlines()]
    patterns = [line for line in lines if line and not line.startswith("#")]
    paths = (Path(path) for path in exclude_paths(str(root), patterns, dockerfile=str(DOCKERFILE)))
    return sorted(path for path in paths if path.name != IGNORE and (root / path).is_file())


def code(root: Path) -> list[Path]:
    """Return the application's modules among them."""
    return [path for path in files(root) if path.is_relative_to(SOURCE)]


def listing(root: Path, paths: Iterable[Path]) -> bytes:
    """Return a JSON document of the files and their SHA-256: the same bytes for the same content."""
    hashes = {path.as_posix(): hashlib.sha256((root / path).read_bytes()).hexdigest() for path in paths}
    return json.dumps(hashes, sort_keys=True, indent=1).encode()
