"""What can be said of the configuration without any cloud: its format, its validity, its tests with mock providers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from mlops_lab.errors import LabError
from mlops_lab.infrastructure.process import Process
from mlops_lab.infrastructure.workspace import Workspace


def run(workspace: Workspace, process: Process) -> None:
    """Check both modules, then run the tests.

    Raises:
        LabError: A file is not formatted, a module is not valid, or a test fails.
    """
    if unformatted := process.capture("fmt", "-recursive", "-list=true", "-write=false").split():
        raise LabError(f"infra/{unformatted[0]} is not formatted; run `terraform fmt -recursive infra`.")
    for module in (workspace.paths.bootstrap, workspace.paths.infra):
        checked = replace(process, module=module, environment=workspace.environment(f"check-{module.name}"))
        checked.stream("init", "-backend=false", "-lockfile=readonly")
        _validate(checked, module)
    checked.stream("test")


def _validate(process: Process, module: Path) -> None:
    answer: dict[str, Any] = json.loads(process.capture("validate", "-json", accepted=(0, 1)))
    if not answer["valid"]:
        first = next(each for each in answer["diagnostics"] if each["severity"] == "error")
        place = first.get("range", {}).get("filename", "")
        raise LabError(f"{module}/{place} is not valid: {first['summary']}: {' '.join(first['detail'].split())}")
