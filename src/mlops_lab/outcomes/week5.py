"""Week 5, what happens after deployment: what its outcomes must see, through the live API and S3."""

import shlex
import subprocess
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
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
from mlops_lab.load.experiment import BAD
from mlops_lab.load.live import aim, offer
from mlops_lab.load.profile import constant
from mlops_lab.loop.close import FIRST, LAST, read
from mlops_lab.outcomes.outcome import Outcome, require
from mlops_lab.pipeline.drift import LEVELS
from mlops_lab.pipeline.reference import SCORE
from mlops_lab.projects.project import Project
from mlops_lab.registry import store
from mlops_lab.registry.promotion import history, in_charge
from mlops_lab.registry.tracking import CHAMPION, GATE, Registry
from mlops_lab.reporting.dashboard.snapshot import snapshot
from mlops_lab.reporting.dashboard.view import Panel
from mlops_lab.reporting.dashboard.widget import MetricWidget
from mlops_lab.settings import Settings

DRIFTING = "taxi"
DAMAGED, REPAIRED = 5.0, 4.0  # minutes of mean absolute error: above at the worst, below at the end
SECTION = "Model Lifecycle & Promotion"
HARMLESS = ("models", "drift", "predictions")  # targets that change nothing that is live
SHOWN = ("Predictions", "Score", "Prediction latency", "4xx")
PLAIN = ("4xx",)  # of the whole service
RECENT_PERIODS = 30
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
    return Asked(said["request_id"], said["model_version"], tuple(map(api.number, said["predictions"])))


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


def versions_are_listed_with_their_lineage(settings: Settings) -> str:
    """5.4: both projects' versions with aliases, each back to its run, data, commit and verified bundle."""
    s3, seen = client(settings, "s3"), []
    for name in projects.names():
        registry = Registry(settings, name)
        found = registry.versions()
        require(found, f"no version of {name} is registered; `make retrain PROJECT={name}` makes one")
        require(any(CHAMPION in each.aliases for each in found), f"{name} has no champion")
        for each in found:
            bundle = store.fetch(s3, each.bundle_uri, each.bundle_sha256)
            told, run = bundle.manifest, registry.run(each.run_id)
            same = (told["run_id"], told["commit"]) == (each.run_id, run.data.tags.get("commit"))
            require(same, f"version {each.version} of {name} names run {told['run_id']} of commit {told['commit']}")
            data = run.data.params.get("data_sha256")
            require(told["data"]["sha256"] == data, f"version {each.version} of {name} and its run differ in data")
        listed = ", ".join(f"{each.version} ({', '.join(each.aliases) or 'no alias'})" for each in found)
        seen.append(f"{name}: {listed}")
    return f"{'; '.join(seen)}: each traced to MLflow run, commit, data hash and its bundle, verified"


def promotions_are_kept(settings: Settings) -> str:
    """5.5: every move of the champion has who, when, why, from and to, and led to a version that passed its gate."""
    registry = Registry(settings, DRIFTING)
    moves = history(registry.notes())
    require(moves, f"no promotion of {DRIFTING} is on record; `make loop PROJECT={DRIFTING}` makes some")
    gates = {each.version: registry.run_tags(each.run_id).get(GATE) for each in registry.versions()}
    for move in moves:
        told = asdict(move)
        require(all(told[name] for name in ("when", "who", "why", "after")), f"a promotion says {told}")
        require(gates.get(move.after) == "passed", f"{move}: its gate says {gates.get(move.after)}")
    champion = registry.aliased(CHAMPION)
    require(champion and champion.version == moves[-1].after, f"the champion is {champion}, last came {moves[-1]}")
    day = moves[-1].when[:10]
    return (
        f"{len(moves)} promotions, each to a version that passed; in production at the end of {day}: version "
        f"{in_charge(moves, day)}; the last one: {moves[-1]}"
    )


def loop_has_closed(settings: Settings) -> str:
    """5.6: damage in a month led to a version that is trained, gated, registered, deployed and better, by no hand."""
    journals = read(settings, DRIFTING, FIRST, LAST)
    errors = {each.month: each.steps["traffic"]["error"] for each in journals}
    acted = [each for each in journals if "promote" in each.steps]
    require(acted, f"no month has led to a new version; errors were {errors}")
    worst = max(errors.values())
    require(worst > DAMAGED and errors[LAST] < REPAIRED, f"mean absolute errors were {errors}")
    live = api.metadata(settings, DRIFTING)["version"]
    newest = acted[-1].steps["retrain"]["version"]
    require(int(live) >= int(newest), f"version {live} is live, the loop's last one is {newest}")
    made = ", ".join(f"{each.month} -> version {each.steps['retrain']['version']}" for each in acted)
    told = ", ".join(f"{month} {error:.2f}" for month, error in errors.items())
    return f"mean absolute error in minutes: {told}; damage in {made}; live is version {live}"


def lifecycle_is_documented(settings: Settings) -> str:
    """5.7: the README's section exists, and its commands that change nothing run as they stand."""
    text = (settings.root / "README.md").read_text()
    section = text.partition(f"## {SECTION}\n")[2].partition("\n## ")[0]
    require(section, f"README.md has no section {SECTION!r}")
    commands = [line.partition("#")[0].strip() for line in section.splitlines() if line.startswith("make ")]
    run = [each for each in commands if each.split()[1] in HARMLESS]
    require(run, f"the section has no command among {', '.join(HARMLESS)}: {commands}")
    for command in run:
        environment = settings.child_environment(**settings.exported)
        done = subprocess.run(
            shlex.split(command), cwd=settings.root, env=environment, capture_output=True, text=True, timeout=300
        )
        require(done.returncode == 0, f"`{command}` ends with {done.returncode}: {(done.stdout + done.stderr)[-300:]}")
    return f"README.md, {SECTION}: {len(commands)} commands; run here: {'; '.join(run)}"


def metrics_are_visible(settings: Settings) -> str:
    """5.2: the dashboard draws rows, scores, latency of the live version, and errors, with data of the last minutes."""
    path = settings.state_dir / "reports" / "week5" / "dashboard.png"
    version = api.predict_example(settings, DRIFTING)["model_version"]
    target = aim(settings, DRIFTING)
    offer(target, constant(5, settings.metric_period))
    offer(replace(target, bodies=[BAD]), constant(1, 3))
    deadline = time.monotonic() + PATIENCE
    while True:
        back = timedelta(seconds=RECENT_PERIODS * settings.metric_period)
        view = snapshot(settings, catalog.dashboard(DRIFTING), path, back)
        panels = {each.widget.title: each for each in view.panels if isinstance(each.widget, MetricWidget)}
        silent = [title for title in SHOWN if not _drawn(panels, title, version)]
        if not silent or time.monotonic() > deadline:
            break
        time.sleep(POLL)
    require(not silent, f"no data of version {version} in {', '.join(silent)}; there is {sorted(panels)}")
    errors = [title for title in panels if title.startswith(("4xx", "5xx"))]
    return f"{view.name}: {', '.join(SHOWN)} of version {version}, beside {', '.join(errors)}; drawn in {path.name}"


def _drawn(panels: Mapping[str, Panel], title: str, version: str) -> bool:
    """Whether a widget whose title begins like this has points, of this version where it tells versions apart."""
    found = [panel for name, panel in panels.items() if name.startswith(title)]
    lines = [line for panel in found for line in panel.series if line.values]
    return any(title in PLAIN or line.label.endswith(f"version {version}") for line in lines)


OUTCOMES = (
    Outcome("5.1", "prediction logging", predictions_are_logged),
    Outcome("5.2", "ML + API metrics visible", metrics_are_visible),
    Outcome("5.3", "drift summary in MLflow", drift_is_in_mlflow),
    Outcome("5.4", "registered models listed", versions_are_listed_with_their_lineage),
    Outcome("5.5", "promotion tracked", promotions_are_kept),
    Outcome("5.6", "retrain -> registry -> deploy", loop_has_closed),
    Outcome("5.7", 'README "Model Lifecycle & Promotion"', lifecycle_is_documented),
)
