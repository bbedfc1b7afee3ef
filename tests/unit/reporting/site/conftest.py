"""A folder of records as small as a site can be made from."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import nbformat
import pytest

PIXEL = base64.b64encode(
    bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63606060f80f00010401005f"
        "e5c34b0000000049454e44ae426082"
    )
).decode()
CANARY = {
    "project": "income",
    "version": "3",
    "stable_version": "2",
    "opened": "2026-11-23T10:00:00.000Z",
    "phase": "rolled back",
    "reason": "5xx above stable's",
    "events": [
        {"at": "2026-11-23T10:00:02.000Z", "what": "the canary has half", "weight": 50},
        {"at": "2026-11-23T10:00:12.000Z", "what": "stable has all", "weight": 0},
    ],
    "looks": [
        {"at": "2026-11-23T10:00:03.000Z", "weight": 50, "settled": [0, 0], "verdict": "go on", "reasons": []},
        {"at": "2026-11-23T10:00:08.000Z", "weight": 50, "settled": [51, 49], "verdict": "worse", "reasons": ["5xx"]},
    ],
    "failures": {"clients": {"offered": 100, "failed": 9, "bound": 64, "answers": {}}, "target": 9, "balancer": 0},
}


def write_outcomes(reports: Path, *rows: tuple[str, str, str]) -> None:
    """Write outcomes of (id, status, evidence)."""
    found = [
        {"id": key, "outcome": f"outcome {key}", "status": status, "seconds": 0.1, "evidence": evidence}
        for key, status, evidence in rows
    ]
    (reports / "outcomes.json").write_text(json.dumps({"target": "local", "outcomes": found}))


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Records of outcomes and of a week's notebook, and of nothing else."""
    folder = tmp_path / "reports"
    picture = nbformat.v4.new_output("display_data", {"image/png": PIXEL})
    cells = [
        nbformat.v4.new_markdown_cell("# Does it scale?"),
        nbformat.v4.new_markdown_cell("## The experiment"),
        nbformat.v4.new_code_cell("draw()", outputs=[picture]),
    ]
    (folder / "week2").mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "week2" / "week2_autoscaling.ipynb")
    write_outcomes(folder, ("1.1", "pass", "the state is in <bucket>"), ("2.5", "fail", "one task"))
    return folder


@pytest.fixture
def canary(reports: Path) -> Path:
    """The record of a canary that was rolled back."""
    path = reports / "records" / "canary" / "one.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(CANARY))
    return path
