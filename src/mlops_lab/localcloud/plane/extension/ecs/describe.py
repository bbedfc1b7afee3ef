"""Shapes of the ECS API."""

from typing import Any


def without_none(**fields: Any) -> dict[str, Any]:
    """Return the fields that have a value: the API leaves the others out."""
    return {name: value for name, value in fields.items() if value is not None}
