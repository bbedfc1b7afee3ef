"""What the site is made of: everything that is kept under ``reports/``, read once; what is absent is empty."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_lab.errors import LabError

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Week:
    """A week's executed notebook."""

    number: int
    notebook: Path


@dataclass(frozen=True)
class Records:
    """Everything that the site shows."""

    outcomes: Json  # target and outcomes
    weeks: Sequence[Week]
    cards: Sequence[Json]  # a model card for each project
    canaries: Sequence[Json]  # the recorded canaries, the oldest first
    cost: Json  # empty: not recorded
    coverage: Json  # empty: not measured
    serving: Json  # how fast the service was against others; empty: not measured
    sizing: Json  # what a prediction takes of a core; empty: not measured
    chaos: Json  # what the lab survived; empty: not tried
    dashboards: Sequence[Path]  # pictures
    film: Json  # the walkthrough's record; empty: not recorded


class Kept:
    """Files of recorded facts below ``reports/``; the only place that knows their names."""

    def __init__(self, reports: Path):
        self.outcomes = reports / "outcomes.json"
        self.coverage = reports / "coverage.json"
        self.serving = reports / "records" / "serving.json"
        self.sizing = reports / "records" / "sizing.json"
        self.chaos = reports / "records" / "chaos.json"
        self.badge = reports / "coverage.svg"
        self.cost = reports / "records" / "cost.json"
        self.architecture = reports / "records" / "architecture.json"
        self.models = reports / "records" / "models"
        self.canaries = reports / "records" / "canary"
        self.dashboards = reports / "records" / "dashboards"
        self.diagrams = reports / "diagrams"
        self.film = reports / "walkthrough" / "walkthrough.mp4"
        self.captions = reports / "walkthrough" / "walkthrough.vtt"
        self.poster = reports / "walkthrough" / "poster.png"
        self.film_record = reports / "walkthrough" / "record.json"


def read(reports: Path) -> Records:
    """Read everything that is kept.

    Raises:
        LabError: A file is no JSON, or no outcome was ever verified.
    """
    kept = Kept(reports)
    outcomes = document(kept.outcomes)
    if not outcomes:
        raise LabError(f"{kept.outcomes} does not exist; `make verify` writes it.")
    return Records(
        outcomes,
        [Week(int(path.parent.name.removeprefix("week")), path) for path in sorted(reports.glob("week*/week*.ipynb"))],
        [document(path) for path in sorted(kept.models.glob("*.json"))],
        [document(path) for path in sorted(kept.canaries.glob("*.json"))],
        document(kept.cost),
        document(kept.coverage),
        document(kept.serving),
        document(kept.sizing),
        document(kept.chaos),
        sorted(kept.dashboards.glob("*.png")),
        document(kept.film_record),
    )


def write(path: Path, document: Json) -> Path:
    """Write a record, so that equal facts give equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def document(path: Path) -> Json:
    """Read a record; one that does not exist is empty.

    Raises:
        LabError: It is no JSON object.
    """
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise LabError(f"{path} is no JSON ({error}); restore it from git or record it anew.") from None
    if not isinstance(found, dict):
        raise LabError(f"{path} holds a {type(found).__name__}, not an object; record it anew.")
    return found
