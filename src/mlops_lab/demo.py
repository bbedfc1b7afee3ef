"""The demo: from nothing to a live prediction; what can run side by side does, and what is unchanged is not redone."""

import json
from concurrent.futures import Future, ThreadPoolExecutor

from rich.console import Console

from mlops_lab import catalog
from mlops_lab.candidate import Candidate
from mlops_lab.cloud import api
from mlops_lab.cloud.session import account
from mlops_lab.delivery import image
from mlops_lab.delivery.built import Built, Image
from mlops_lab.errors import LabError
from mlops_lab.outcomes.kept import seen_once
from mlops_lab.outcomes.outcome import Result
from mlops_lab.outcomes.verify import verify
from mlops_lab.outcomes.week1 import REHEARSAL
from mlops_lab.progress import Timeline
from mlops_lab.registry.tracking import CHAMPION, Registry
from mlops_lab.retrain import GateRefusedError, publish
from mlops_lab.settings import Settings
from mlops_lab.times import record
from mlops_lab.workflow import (
    FIRST_PROJECT,
    bootstrap,
    build_up,
    go_live,
    is_published,
    release_of,
    track,
    train_first,
    wait_for,
    with_cloud,
)

NEXT = (
    ("make predict", "ask for a prediction"),
    ("make status", "what runs now"),
    ("make logs", "what the tasks say"),
    ("make retrain", "a challenger of all rows, judged against the champion"),
    ("make verify", "every outcome check"),
    ("make down", "stop everything, keep the state"),
)

FORMS = {"docker": "containers", "process": "processes (no container engine answers `docker info`)"}


def demo(settings: Settings, console: Console) -> bool:
    """Bring up everything, ask for a prediction and verify week 1; return whether its outcomes hold."""
    timeline = Timeline(console)
    settings = with_cloud(settings, timeline)
    account(settings)  # credentials that do not work are found before anything is built
    with ThreadPoolExecutor(6, thread_name_prefix="demo") as pool:
        candidate = pool.submit(_candidate, settings, timeline)
        built = pool.submit(_built, settings, FIRST_PROJECT, timeline)
        jobs = pool.submit(_built, settings, catalog.JOBS, timeline)
        wait_for(pool.submit(bootstrap, settings, timeline))
        # From here on the providers are installed, so that a second Terraform may run beside the first.
        rehearsed = pool.submit(_rehearsed, settings, timeline)
        wait_for(pool.submit(build_up, settings, timeline))
        pushing = pool.submit(_pushed, settings, built, timeline)
        wait_for(candidate, built, jobs, pool.submit(_tracked, settings, jobs, timeline))
        with timeline.step("training", "register and publish"):
            version = _version(settings, candidate.result(), timeline)
        wait_for(pushing)
        _serve(settings, version, pushing.result(), timeline)
        with timeline.step("verify", "outcomes of week 1 (1.6 has run beside the rest since the bootstrap)"):
            passed = verify(settings, console, 1, known={REHEARSAL.id: rehearsed})
    record.keep(settings.state_dir, "demo", timeline.spans)
    _summarise(settings, timeline, pushing.result().form)
    return passed


def _candidate(settings: Settings, timeline: Timeline) -> Candidate | None:
    """Train a first candidate unless a version of the project is published."""
    try:
        known = is_published(settings, FIRST_PROJECT)
    except LabError:  # there is no bucket yet
        known = False
    return None if known else train_first(settings, FIRST_PROJECT, timeline)


def _built(settings: Settings, name: str, timeline: Timeline) -> Built:
    with timeline.span("image", f"build {name}"):
        return image.build(name, settings, timeline.lane("image"))


def _pushed(settings: Settings, built: "Future[Built]", timeline: Timeline) -> Image:
    found = built.result()
    with timeline.span("image", f"push {found.repository}"):
        return image.push(found, settings, timeline.lane("image"))


def _tracked(settings: Settings, built: "Future[Built]", timeline: Timeline) -> None:
    track(settings, timeline, built.result())


def _rehearsed(settings: Settings, timeline: Timeline) -> Result:
    with timeline.span("terraform", "outcome 1.6, into an empty account and out of it"):
        return seen_once(REHEARSAL, settings)


def _version(settings: Settings, candidate: Candidate | None, timeline: Timeline) -> str:
    """Publish a candidate and return its version, or the champion's where nothing was trained or it is no better."""
    known, say = Registry(settings, FIRST_PROJECT).aliased(CHAMPION), timeline.lane("training")
    if known is not None and candidate is None:
        say(f"version {known.version} is the champion and stays; `make retrain` trains another")
        return known.version
    try:
        return publish(candidate or train_first(settings, FIRST_PROJECT, timeline), settings).version
    except GateRefusedError as refusal:
        if known is None:
            raise
        say(f"{refusal} The champion, version {known.version}, stays.")
        return known.version


def _serve(settings: Settings, version: str, pushed: Image, timeline: Timeline) -> None:
    go_live(settings, FIRST_PROJECT, release_of(settings, FIRST_PROJECT, version, pushed.uri), timeline)
    prediction = api.predict_example(settings, FIRST_PROJECT)
    said = json.dumps(prediction["predictions"][0])
    timeline.lane("predict")(f"{said} by version {prediction['model_version']}")


def _summarise(settings: Settings, timeline: Timeline, form: str) -> None:
    console, url = timeline.console, api.base_url(settings)
    console.print(f"\n[bold]Done in {timeline.seconds:.0f} s.[/bold] Tasks run as {FORMS[form]}.")
    console.print(f"  prediction API   {url}/{FIRST_PROJECT}/predict   (documented at {url}/{FIRST_PROJECT}/docs)")
    if settings.is_local:
        console.print(f"  AWS endpoint     {settings.endpoint_url}")
    console.print(f"  MLflow           {api.mlflow_uri(settings)}")
    console.print(f"  outcomes         {catalog.Paths(settings.root, settings.state_dir).reports / 'outcomes.json'}")
    console.print("\nNext:")
    for command, meaning in NEXT:
        console.print(f"  {command:<22} {meaning}")
