"""What Terraform must know of the projects' requests: the columns of the tables over their logged predictions."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from mlops_lab.projects.project import Project
from mlops_lab.registry.request_schema import request_schema
from mlops_lab.serving.prediction_log.record import Kind, kind

FILE = "predictions.json"
TYPES: Mapping[Kind, str] = {"text": "string", "integer": "bigint", "number": "double", "time": "timestamp"}  # Glue's


def columns(project: Project) -> list[dict[str, str]]:
    """Return the fields of a project's requests, in their order, with the types in which they are logged."""
    properties = request_schema(project)["properties"]
    return [{"name": name, "type": TYPES[kind(described)]} for name, described in properties.items()]


def document(projects: Iterable[Project]) -> str:
    """Return the JSON document that the configuration reads."""
    return json.dumps({project.name: columns(project) for project in projects}, indent=2) + "\n"


def write(infra: Path, projects: Iterable[Project]) -> bool:
    """Bring the configuration's file into step; return whether it was not."""
    path, wanted = infra / FILE, document(projects)
    if path.is_file() and path.read_text() == wanted:
        return False
    path.write_text(wanted)
    return True
