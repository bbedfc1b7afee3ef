"""What Terraform must know of the projects' requests: the columns of the tables over their logged predictions."""

from collections.abc import Mapping

from mlops_lab.projects.project import Project
from mlops_lab.registry.request_schema import request_schema
from mlops_lab.serving.prediction_log.record import Kind, kind

TYPES: Mapping[Kind, str] = {"text": "string", "integer": "bigint", "number": "double", "time": "timestamp"}  # Glue's


def columns(project: Project) -> list[dict[str, str]]:
    """Return the fields of a project's requests, in their order, with the types in which they are logged."""
    properties = request_schema(project)["properties"]
    return [{"name": name, "type": TYPES[kind(described)]} for name, described in properties.items()]
