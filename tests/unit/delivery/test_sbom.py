import json
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from mlops_lab.delivery import sbom
from mlops_lab.delivery.built import Built
from mlops_lab.errors import LabError

BUILT = Built("mlops-api-1", "sha256:abc", "t1", "docker", 1, 1.0)


def test_the_bill_is_valid_cyclonedx_and_names_image_and_distributions():
    text = sbom.document(BUILT, [sbom.Distribution("fastapi", "1.2"), sbom.Distribution("NumPy", "2.0")])

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    told = json.loads(text)
    assert told["metadata"]["component"]["name"] == "mlops-api-1"
    assert {each["purl"] for each in told["components"]} == {"pkg:pypi/fastapi@1.2", "pkg:pypi/numpy@2.0"}


def test_an_interpreter_tells_what_it_has():
    assert sbom.Distribution("pytest", version("pytest")) in sbom.installed([sys.executable])


def test_an_interpreter_that_does_not_answer_is_one_line(tmp_path: Path):
    with pytest.raises(LabError, match=r"packages of .*nowhere cannot be listed"):
        sbom.installed([str(tmp_path / "nowhere")])


def test_a_bill_that_is_there_is_not_written_again(tmp_path: Path):
    first = sbom.write(tmp_path, BUILT, [sys.executable])

    assert sbom.write(tmp_path, BUILT, ["nowhere"]) == first
    assert first[1] > 50
