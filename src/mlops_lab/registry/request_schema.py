"""The request's schema: what one instance must look like, as JSON Schema (draft 2020-12)."""

from typing import Any

from mlops_lab.projects.project import Column, Project

# A clock's time, to the second, from 1900 to 2099: days that the calendar has, and nothing else, so that whoever checks
# a request by this schema finds what the service finds.
_MONTHS = r"(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31"
_LEAP = r"(?:(?:19|20)(?:0[48]|[2468][048]|[13579][26])|2000)-02-29"
TIME = rf"^(?:(?:19|20)\d\d-(?:{_MONTHS})|{_LEAP})[T ](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$"
TIME_LENGTH = len("2019-01-15T08:30:00")
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
    kind = column.kind if column.kind in ("integer", "number") else "string"
    described: dict[str, Any] = {"type": [kind, "null"] if column.nullable else kind, "description": column.description}
    if column.kind == "category":
        return described | {"minLength": 1, "maxLength": LONGEST_CATEGORY, "examples": list(column.categories)}
    if column.kind == "time":
        length = {"minLength": TIME_LENGTH, "maxLength": TIME_LENGTH}
        return described | {"format": "date-time-local", "pattern": TIME, **length}
    bounds = {"minimum": column.minimum, "maximum": column.maximum}
    return described | {name: bound for name, bound in bounds.items() if bound is not None}
