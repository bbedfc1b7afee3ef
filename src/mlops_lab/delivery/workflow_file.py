"""A GitHub workflow as its file states it: what it may be told, when it runs by the clock, which actions it uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from mlops_lab.errors import LabError

FOLDER = Path(".github/workflows")


@dataclass(frozen=True)
class Input:
    """An input of a manual dispatch."""

    name: str
    kind: str  # GitHub's type: string, number, boolean, choice or environment
    options: tuple[str, ...]  # of a choice
    is_needed: bool  # it is required and has no default

    def refuse_other(self, value: str) -> None:
        """Refuse a value that GitHub's form would not let through.

        Raises:
            LabError: What it may be.
        """
        if self.kind == "choice" and value not in self.options:
            raise LabError(f"Input {self.name} is {value!r}; use one of {', '.join(self.options)}.")
        if self.kind == "number" and not value.isdecimal():
            raise LabError(f"Input {self.name} is {value!r}; use a whole number.")


@dataclass(frozen=True)
class Workflow:
    """A workflow file."""

    name: str
    path: Path
    inputs: Mapping[str, Input] | None  # None: it cannot be dispatched by hand
    schedule: tuple[str, ...]  # cron expressions, UTC
    actions: tuple[str, ...]  # owner/name@commit

    def refuse_other(self, given: Mapping[str, str]) -> None:
        """Refuse inputs that the workflow does not take.

        Raises:
            LabError: Which, and what it takes.
        """
        inputs = self.inputs or {}
        takes = ", ".join(inputs) or "none"
        for name, value in given.items():
            if name not in inputs:
                raise LabError(f"Workflow {self.name} has no input {name!r}; it takes {takes}.")
            inputs[name].refuse_other(value)
        if missing := [each.name for each in inputs.values() if each.is_needed and each.name not in given]:
            raise LabError(f"Workflow {self.name} needs the input {missing[0]}; it takes {takes}.")


def find(root: Path, name: str) -> Workflow:
    """Find a workflow that can be dispatched by hand.

    Raises:
        LabError: There is none of this name; the message lists those that there are.
    """
    known = {each.name: each for each in workflows(root) if each.inputs is not None}
    if name not in known:
        raise LabError(
            f"NAME is {name!r}; use one of {', '.join(sorted(known)) or 'none: no workflow takes a dispatch'}."
        )
    return known[name]


def workflows(root: Path) -> list[Workflow]:
    """Read every workflow file of a checkout."""
    return [read(path, root) for path in sorted((root / FOLDER).glob("*.yml"))]


def read(path: Path, root: Path) -> Workflow:
    """Read a workflow file.

    Raises:
        LabError: It is no YAML mapping.
    """
    try:
        document = yaml.safe_load(path.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise LabError(f"{path} cannot be read: {' '.join(str(error).split())}.") from None
    if not isinstance(document, dict):
        raise LabError(f"{path} is no workflow; it must be a YAML mapping.")
    triggers = document.get(True, document.get("on"))  # YAML 1.1 reads the key `on` as true
    triggers = triggers if isinstance(triggers, dict) else {}
    schedule = tuple(str(each["cron"]) for each in triggers.get("schedule") or ())
    return Workflow(path.stem, path.relative_to(root), _inputs(triggers), schedule, _actions(document))


def _inputs(triggers: Mapping[str, Any]) -> Mapping[str, Input] | None:
    if "workflow_dispatch" not in triggers:
        return None
    stated = (triggers["workflow_dispatch"] or {}).get("inputs") or {}
    return {name: _input(name, each or {}) for name, each in stated.items()}


def _input(name: str, stated: Mapping[str, Any]) -> Input:
    needed = bool(stated.get("required")) and "default" not in stated
    return Input(name, str(stated.get("type", "string")), tuple(map(str, stated.get("options", ()))), needed)


def _actions(document: Mapping[str, Any]) -> tuple[str, ...]:
    steps = [step for job in (document.get("jobs") or {}).values() for step in job.get("steps", ())]
    return tuple(dict.fromkeys(step["uses"] for step in steps if "uses" in step))
