"""What the requests of a load run hold."""

import json

import pandas as pd

from mlops_lab.projects.project import Project

VARIETY = 500  # different rows, sent in turn


def example_body(project: Project) -> list[bytes]:
    """Return the request for the project's example row."""
    return [_body(dict(project.example))]


def varied_bodies(project: Project, frame: pd.DataFrame, seed: int = 0) -> list[bytes]:
    """Return requests for random rows of the project's table, one row each; the same seed chooses the same rows."""
    names = [column.name for column in project.inputs]
    rows = frame[names].sample(min(VARIETY, len(frame)), random_state=seed)
    return [_body(row) for row in json.loads(rows.to_json(orient="records", date_format="iso", date_unit="s"))]


def _body(row: dict[str, object]) -> bytes:
    return json.dumps({"instances": [row]}).encode()
