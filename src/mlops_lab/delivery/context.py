"""What goes into an image: the files that its ignore file lets through."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from docker.utils.build import exclude_paths  # type: ignore[import-untyped]

from mlops_lab.delivery.recipe import SERVING, Recipe
from mlops_lab.errors import LabError

SOURCE = Path("src")
BESIDE = (Path("data"), Path("notebooks"))  # the code, in the jobs image


def files(root: Path, recipe: Recipe = SERVING) -> list[Path]:
    """Return the files of the build context, relative to the checkout and sorted.

    Raises:
        LabError: The folder is no checkout.
    """
    if not (root / recipe.ignore).is_file():
        raise LabError(f"{root} has no {recipe.ignore}, so it is no checkout of the lab; run the command in one.")
    lines = [line.strip() for line in (root / recipe.ignore).read_text().splitlines()]
    patterns = [line for line in lines if line and not line.startswith("#")]
    paths = (Path(path) for path in exclude_paths(str(root), patterns, dockerfile=str(recipe.dockerfile)))
    aside = {SERVING.ignore, recipe.ignore, recipe.dockerfile}  # the engine always sends these; the first it also obeys
    return sorted(path for path in paths if path not in aside and (root / path).is_file())


def application(root: Path, recipe: Recipe = SERVING) -> dict[Path, Path]:
    """Return the application's modules, data and notebooks among them: place in the image -> file."""
    found = files(root, recipe)
    code = {path.relative_to(SOURCE): path for path in found if path.is_relative_to(SOURCE)}
    return code | {path: path for path in found if path.parts[0] in {each.name for each in BESIDE}}


def listing(root: Path, paths: Iterable[Path]) -> bytes:
    """Return a JSON document of the files and their SHA-256: the same bytes for the same content."""
    hashes = {path.as_posix(): hashlib.sha256((root / path).read_bytes()).hexdigest() for path in paths}
    return json.dumps(hashes, sort_keys=True, indent=1).encode()
