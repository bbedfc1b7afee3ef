"""Week 5, what happens after deployment: what its outcomes must see, through the live API and S3."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pandas as pd

from mlops_lab import catalog, projects
from mlops_lab.cloud import api
from mlops_lab.cloud.session import client
from mlops_lab.data import predictions
from mlops_lab.drift.report import VERDICT
from mlops_lab.outcomes.outcome import Outcome, require
from mlops_lab.pipeline.drift import LEVELS
from mlops_lab.pipeline.reference import SCORE
from mlops_lab.projects.project import Project
from mlops_lab.registry.tracking import Registry
from mlops_lab.settings import Settings

DRIFTING = "taxi"
SINGLE, BATCH = 30, 20  # requests of one row, and rows of one more request
PATIENCE = 90  # seconds until everything must be in S3; tasks ship at least every 30
POLL = 1.0  # seconds


@dataclass(frozen=True)
class Asked:
    """A request that was answered."""

    request_id: str
    version: str
    scores: tuple[float, ...]


def predictions_are_logged(settings: Settings) -> str:
    """5.1: every answered row is in the log exactly once, as it was asked and answered."""
    running = _running(settings)
    require(running, "no service of any project runs; `make deploy` starts one")
    return "; ".join(f"{project}: {_logged(settings, project)}" for project in running)


def _running(settings: Settings) -> list[str]:
    names = {catalog.service(name): name for name in projects.names()}
    found = client(settings, "ecs").describe_services(cluster=catalog.CLUSTER, services=list(names))["services"]
    return sorted(names[each["serviceName"]] for each in found if each["runningCount"])


def _logged(settings: Settings, project: str) -> str:
    start = datetime.now(UTC)
    asked = {each.request_id: each for each in _ask(settings, project)}
    answered = sum(len(each.scores) for each in asked.values())
    copies, seconds = _wait(settings, project, start, set(asked), answered)
    rows = predictions.once(copies)
    require(
        len(rows) == answered, f"{answered} rows of {project} were answered, {len(rows)} are in S3 after {PATIENCE} s"
    )
    example = projects.get(project).example
    for row in rows.to_dict("records"):
        _same({str(name): cell for name, cell in row.items()}, asked[row["request_id"]], example)
    own = ", ".join(predictions.OWN.names)
    return (
        f"{answered} rows of {len(asked)} requests answered, each in S3 once within {seconds:.0f} s ({len(copies)} "
        f"copies before de-duplication), with {own} and {len(example)} inputs as asked"
    )


def _ask(settings: Settings, project: str) -> list[Asked]:
    row = dict(projects.get(project).example)
    url, headers = f"{api.base_url(settings)}/{project}/predict", {"x-api-key": api.api_key(settings)}
    with httpx.Client(headers=headers, timeout=10) as http:
        return [_answer(http, url, [row] * count) for count in [1] * SINGLE + [BATCH]]


def _answer(http: httpx.Client, url: str, instances: list[Any]) -> Asked:
    name = f"outcome-{uuid4().hex}"
    answer = http.post(url, json={"instances": instances}, headers={"x-request-id": name})
    require(answer.is_success, f"{url} answers {answer.status_code}: {answer.text[:200]}")
    said = answer.json()
    scores = (value for each in said["predictions"] for value in each.values() if isinstance(value, int | float))
    return Asked(said["request_id"], said["model_version"], tuple(map(float, scores)))


def _wait(settings: Settings, project: str, start: datetime, names: set[str], rows: int) -> tuple[pd.DataFrame, float]:
    """Read until so many rows of these requests are in S3, or patience ends; return their copies and the seconds."""
    begin = time.monotonic()
    while True:
        copies = predictions.shipped(
            settings, project, start - timedelta(minutes=1), datetime.now(UTC) + timedelta(hours=1)
        )
        copies = copies[copies["request_id"].isin(names)]
        seconds = time.monotonic() - begin
        if len(predictions.once(copies)) >= rows or seconds > PATIENCE:
            return copies, seconds
        time.sleep(POLL)


def _same(row: Mapping[str, Any], asked: Asked, example: Mapping[str, Any]) -> None:
    seen = f"the log of {row['request_id']} has"
    require(row["score"] == asked.scores[row["row"]], f"{seen} score {row['score']}, answered was {asked.scores}")
    require(row["model_version"] == asked.version, f"{seen} version {row['model_version']}, not {asked.version}")
    require(row["latency_ms"] > 0, f"{seen} a latency of {row['latency_ms']} ms")
    differing = {name: row[name] for name, value in example.items() if not _equal(row[name], value)}
    require(not differing, f"{seen} {differing}, asked was {dict(example)}")


def _equal(logged: Any, sent: Any) -> bool:
    """Whether a cell is what was sent; a clock's time is logged as if it were UTC."""
    if isinstance(logged, pd.Timestamp):
        return bool(logged == pd.Timestamp(sent, tz="UTC"))
    return bool(logged == sent)


def drift_is_in_mlflow(settings: Settings) -> str:
    """5.3: the newest drift run has PSI, JS and a test's effect for each feature and the score, and a verdict."""
    runs = Registry(settings, catalog.drift_experiment(DRIFTING)).runs()
    require(runs, f"MLflow has no drift run; `make drift PROJECT={DRIFTING}` makes one")
    run = runs[0]
    verdict, metrics, params = run.data.tags.get(VERDICT), run.data.metrics, run.data.params
    require(verdict in LEVELS, f"drift run {run.info.run_id} has the verdict {verdict!r}")
    versions = {each.version for each in Registry(settings, DRIFTING).versions()}
    require(params["model_version"] in versions, f"it is of version {params['model_version']}, known: {versions}")
    for name in (*_features(projects.get(DRIFTING)), SCORE):
        effect = {f"ks_{name}", f"cramers_v_{name}"} & metrics.keys()
        require(effect and {f"psi_{name}", f"js_{name}"} <= metrics.keys(), f"run {run.info.run_id} lacks {name}")
    largest = max((name for name in metrics if name.startswith("psi_")), key=lambda name: metrics[name])
    return (
        f"run {run.info.run_id[:12]}: {params['window']}, {metrics['rows']:,.0f} rows against the reference of version "
        f"{params['model_version']}: {verdict}; psi_score {metrics['psi_score']:.3f}, js_score "
        f"{metrics['js_score']:.3f}, largest {largest} {metrics[largest]:.2f}"
    )


def _features(project: Project) -> list[str]:
    """What the model sees: inputs, and what is derived in the place of others."""
    consumed = {source for each in project.derived for source in each.sources}
    names = [each.name for each in project.inputs] + [each.name for each in project.derived]
    return [name for name in names if name not in consumed]


OUTCOMES = (
    Outcome("5.1", "prediction logging", predictions_are_logged),
    Outcome("5.3", "drift summary in MLflow", drift_is_in_mlflow),
)
