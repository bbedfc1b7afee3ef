"""What a notebook may be told: its parameters cell is the contract, checked before anything runs."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from mlops_lab.errors import LabError

Values = Mapping[str, Any]


def parameters(notebook: Path, file: Path, given: Values | None = None) -> dict[str, Any]:
    """Merge a parameter file (none is no parameters) and the caller's values, which win, and check them.

    Raises:
        LabError: The file is not a mapping, or a parameter is unknown to the notebook or of another type.
    """
    from papermill import inspect_notebook

    merged = {**_read(file), **(given or {})}
    check(merged, {name: each["default"] for name, each in inspect_notebook(notebook).items()}, notebook.name)
    return merged


def check(values: Values, defaults: Mapping[str, str], notebook: str) -> None:
    """Compare values with the literals of the parameters cell; a default of None takes any value.

    Raises:
        LabError: A parameter is unknown to the notebook, or of another type.
    """
    for name, value in values.items():
        if name not in defaults:
            known = ", ".join(defaults) or "none"
            raise LabError(f"{name} is not a parameter of {notebook}; it has {known}.")
        default = ast.literal_eval(defaults[name])
        if default is not None and not _fits(value, type(default)):
            kind = type(default).__name__
            raise LabError(f"{name} is {value!r}, {notebook} takes a value of type {kind} such as {default!r}.")


def _fits(value: object, kind: type) -> bool:
    if isinstance(value, bool) or kind is bool:
        return isinstance(value, bool) and kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def _read(file: Path) -> dict[str, Any]:
    if not file.is_file():
        return {}
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except yaml.YAMLError as error:
        raise LabError(
            f"{file} is not YAML ({' '.join(str(error).split())}); write one `name: value` a line."
        ) from None
    if not isinstance(found, dict):
        raise LabError(f"{file} holds a {type(found).__name__}; write one `name: value` a line.")
    return found
