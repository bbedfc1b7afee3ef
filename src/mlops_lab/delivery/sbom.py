"""A bill of materials: the Python distributions that an image holds, as CycloneDX 1.6."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

from mlops_lab.delivery.built import Built
from mlops_lab.errors import LabError

# What an image's own interpreter is asked: each distribution that it would import.
LIST = (
    "import importlib.metadata as m, json; "
    "print(json.dumps(sorted({(d.name, d.version) for d in m.distributions() if d.name})))"
)


class Distribution(NamedTuple):
    """An installed Python distribution."""

    name: str
    version: str


def installed(python: Sequence[str]) -> list[Distribution]:
    """Ask an interpreter, given as a command, which distributions it has.

    Raises:
        LabError: It does not answer.
    """
    try:
        done = subprocess.run([*python, "-c", LIST], capture_output=True, text=True, timeout=120, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise LabError(f"The packages of {python[-1]} cannot be listed: {' '.join(str(said).split())[:300]}.") from None
    return [Distribution(*each) for each in json.loads(done.stdout)]


def document(built: Built, distributions: Sequence[Distribution]) -> str:
    """Return the bill of an image as JSON. Pure but for its time and serial number."""
    bom = Bom()
    image = Component(type=ComponentType.CONTAINER, name=built.repository, version=built.tag, bom_ref=built.id)
    held = [_component(each) for each in distributions]
    bom.metadata.component = image
    bom.components.update(held)
    bom.register_dependency(image, held)
    return str(make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=1))


def _component(distribution: Distribution) -> Component:
    url = PackageURL("pypi", name=distribution.name.lower(), version=distribution.version)
    name, version = distribution
    return Component(type=ComponentType.LIBRARY, name=name, version=version, purl=url, bom_ref=url.to_string())


def write(folder: Path, built: Built, python: Sequence[str]) -> tuple[Path, int]:
    """Write the bill of an image unless it is there; return its path and the number of distributions.

    Raises:
        LabError: The image's interpreter does not answer.
    """
    path = folder / f"{built.repository}-{built.tag}.cdx.json"
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(document(built, installed(python)))
    return path, len(json.loads(path.read_text()).get("components", []))
