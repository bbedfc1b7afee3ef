"""What a notebook may be told: its parameters cell is the contract, checked before anything runs."""

import ast
from collections.abc import Mapping, Sequence
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


def assigned(texts: Sequence[str]) -> dict[str, Any]:
    """Read `name=value` texts; values are written as in a parameter file, in YAML.

    Raises:
        LabError: A text has no name or no `=`, or a name comes twice.
    """
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, written = text.partition("=")
        if not (name.isidentifier() and equals):
            raise LabError(f"{text!r} is no parameter; write name=value, such as seed=1.")
        if name in found:
            raise LabError(f"The parameter {name} is given twice, at last as {written!r}; give it once.")
        found[name] = _value(written)
    return found


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


def _value(written: str) -> Any:
    """Read a YAML scalar or list; what is none of a notebook's kinds of values (a date) stays as it was written."""
    try:
        value = yaml.safe_load(written)
    except yaml.YAMLError:
        return written
    return value if value is None or isinstance(value, str | bool | int | float | list) else written


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
