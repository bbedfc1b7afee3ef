"""The request's schema: what one instance must look like, as JSON Schema (draft 2020-12)."""

from typing import Any

from mlops_lab.projects.project import Column, Project

LONGEST_CATEGORY = 100  # characters; a limit on what a stranger can make the service keep


def request_schema(project: Project) -> dict[str, Any]:
    """Describe one instance of a prediction request.

    Every field must be present. Null is allowed where the raw data have missing values; any text is allowed for a
    category, so that a new one reaches the model's bucket for unknown values. `x-excluded` says of columns that
    people may expect why they are not accepted.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": project.title,
        "type": "object",
        "properties": {column.name: _property(column) for column in project.inputs},
        "required": [column.name for column in project.inputs],
        "additionalProperties": False,
        "examples": [dict(project.example)],
        "x-excluded": dict(project.excluded),
    }


def _property(column: Column) -> dict[str, Any]:
    kind = "string" if column.kind == "category" else column.kind
    described: dict[str, Any] = {"type": [kind, "null"] if column.nullable else kind, "description": column.description}
    if column.kind == "category":
        return described | {"minLength": 1, "maxLength": LONGEST_CATEGORY, "examples": list(column.categories)}
    bounds = {"minimum": column.minimum, "maximum": column.maximum}
    return described | {name: bound for name, bound in bounds.items() if bound is not None}
