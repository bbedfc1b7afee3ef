"""Week 4, the second project: what outcomes 4.1 to 4.7 must see, from its data to its API beside the first one."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from mlops_lab import catalog, projects
from mlops_lab.cloud import api
from mlops_lab.cloud.session import account, client
from mlops_lab.data import dataset
from mlops_lab.data.split import Splits, split
from mlops_lab.delivery import image
from mlops_lab.delivery.engine import choose_engine
from mlops_lab.load.bodies import varied_bodies
from mlops_lab.outcomes.interview import Interview
from mlops_lab.outcomes.outcome import NotApplicableError, NotReachedError, Outcome, require
from mlops_lab.pipeline import baselines
from mlops_lab.pipeline.error_metrics import error_metrics
from mlops_lab.pipeline.train import labels
from mlops_lab.progress import silent
from mlops_lab.projects.project import Regression
from mlops_lab.registry import store
from mlops_lab.registry.bundle import Bundle
from mlops_lab.registry.onnx_model import bundle_scores
from mlops_lab.registry.tracking import GATE, Registry
from mlops_lab.settings import Settings

FIRST, PROJECT = "income", "taxi"
LARGEST_ERROR = 3.55  # minutes, mean over January 2019: what the published figures say a fair model reaches
KNOWN_ROWS = 200


def data_are_prepared(settings: Settings) -> str:
    """4.1: the file has its hash, schema, published totals and labels, and is split in time."""
    project = projects.get(PROJECT)
    raw = dataset.load(project, _data(settings))
    parts = split(project, raw.frame, seed=0)
    column = "pickup_datetime"
    last, first = parts.train[column].max(), parts.test[column].min()
    require(last < first, f"the last trip to learn from is of {last}, the first one held out of {first}")
    return (
        f"{raw.provenance.file} {raw.provenance.sha256[:12]}: {raw.provenance.rows:,} rows, "
        f"{project.dataset.labelled:,} with a label; {len(parts.train):,} to learn from until {last}, "
        f"{len(parts.test):,} held out from {first}"
    )


def model_beats_the_baselines(settings: Settings) -> str:
    """4.2: the published bundle, scored anew on the held-out month, beats both baselines and the bound."""
    project, parts = projects.get(PROJECT), _splits(settings)
    version, bundle = _of_split(settings, parts)
    assert isinstance(project.task, Regression)
    truth = labels(project, parts.test)
    scores = {
        "constant": baselines.median(project, parts.train, parts.test),
        "zone-pair median": baselines.typical(project, project.task, parts.train, parts.test),
        f"version {version}": bundle_scores(bundle, parts.test),
    }
    errors = {name: error_metrics(truth, each)["mae"] for name, each in scores.items()}
    *simpler, mine = errors.values()
    recorded = bundle.manifest["metrics"]["mae"]
    told = ", ".join(f"{name} {error:.3f}" for name, error in errors.items())
    require(mine < min(simpler) and mine <= LARGEST_ERROR, f"mean absolute error in minutes: {told}")
    require(abs(mine - recorded) < 1e-3, f"the bundle records {recorded}, measured was {mine}")
    return f"mean absolute error in minutes, January 2019, {len(truth):,} trips: {told}; recorded: {recorded:.3f}"


def experiment_is_its_own(settings: Settings) -> str:
    """4.3: its runs stand in an experiment of its own, with the baselines that each was judged by."""
    runs, others = (Registry(settings, name).runs() for name in (PROJECT, FIRST))
    require(runs, f"MLflow has no run of {PROJECT}; `make retrain PROJECT={PROJECT}` makes one")
    run, of_other = runs[0], others[0].info.experiment_id if others else "none"
    require(run.info.experiment_id != of_other, f"{PROJECT} and {FIRST} share experiment {of_other}")
    wanted = ("mae", "constant_mae", "typical_mae", "skill_over_typical")
    missing = set(wanted) - run.data.metrics.keys()
    require(not missing, f"run {run.info.run_id} has no {sorted(missing)}")
    told = ", ".join(f"{name} {run.data.metrics[name]:.3f}" for name in wanted)
    return (
        f"experiment {run.info.experiment_id} ({FIRST}: {of_other}), run {run.info.run_id[:12]}: {told}, "
        f"gate {run.data.tags.get(GATE)}"
    )


def image_is_built(settings: Settings) -> str:
    """4.4: the image is built from its Dockerfile and runs as nobody special; size and seconds are said."""
    built = image.build(PROJECT, settings, silent)
    seconds = f"{built.seconds:.1f} s, unchanged parts taken as they were"
    told = f"{built.repository}:{built.tag}, {built.told_size}, built in {seconds}"
    engine = choose_engine("docker") if built.form == "docker" else None
    if engine is None:
        raise NotApplicableError(f"no container engine: a process package, not an image of the Dockerfile: {told}")
    user = str(engine.client.inspect_image(built.id)["Config"]["User"])
    require(user.partition(":")[0] not in ("", "0", "root"), f"{built.repository}:{built.tag} runs as {user!r}")
    return f"{told} with the container engine {engine.version}; runs as {user}"


def image_is_in_the_registry(settings: Settings) -> str:
    """4.5: ECR lists what was built under its digest."""
    pushed = image.publish(PROJECT, settings, silent)
    ids = [{"imageDigest": pushed.digest}]
    listed = client(settings, "ecr").describe_images(repositoryName=pushed.repository, imageIds=ids)["imageDetails"]
    tags = [tag for each in listed for tag in each["imageTags"]]
    require(pushed.tag in tags, f"ECR lists {pushed.digest} as {tags}, built was {pushed.tag}")
    digests = {each["imageDigest"] for each in listed}
    require(digests == {pushed.digest}, f"ECR lists {sorted(digests)}, built was {pushed.digest}")
    return f"{pushed.repository}:{pushed.tag} ({pushed.form} form): {pushed.digest}, as built"


def both_answer_behind_one_balancer(settings: Settings) -> str:
    """4.6: both projects run on ECS and answer on their own paths of the same load balancer."""
    names = {catalog.service(name): name for name in (FIRST, PROJECT)}
    found = client(settings, "ecs").describe_services(cluster=catalog.CLUSTER, services=list(names))["services"]
    running = {names[each["serviceName"]]: each["runningCount"] for each in found if each["status"] == "ACTIVE"}
    require(running.keys() == set(names.values()) and all(running.values()), f"tasks that run: {running}")
    seen = []
    for name, count in sorted(running.items()):
        answer = api.predict_example(settings, name)
        said = json.dumps(answer["predictions"][0])
        seen.append(f"/{name}/predict ({count} tasks, version {answer['model_version']}): {said}")
    return f"{api.base_url(settings)}: {'; '.join(seen)}"


def api_keeps_its_promises(settings: Settings) -> str:
    """4.7: over HTTP: health, readiness, schema, known rows as the published bundle scores them, refusals."""
    talk = Interview.begin(f"{api.base_url(settings)}/{PROJECT}", api.api_key(settings))
    version = talk.answers_for_itself()
    bundle = _bundle(settings, version)
    example = bundle.manifest["parity"]["example_score"]
    (said,) = talk.predicts([talk.example])
    require(np.isclose(said, example, rtol=1e-4), f"the example row got {said}, at training it was {example}")
    rows = _splits(settings).test.sample(KNOWN_ROWS, random_state=0)
    bodies = varied_bodies(projects.get(PROJECT), rows)
    found = talk.predicts([json.loads(each)["instances"][0] for each in bodies])
    expected = bundle_scores(bundle, rows.sample(len(rows), random_state=0))  # in the order of the bodies
    largest = float(np.max(np.abs(np.array(found) - expected)))
    require(largest < 1e-3, f"{len(rows)} held-out rows: the API and the bundle differ by up to {largest} minutes")
    statuses = talk.refuses()
    return (
        f"version {version}: alive, ready, documented; example {said:.2f} minutes; {len(rows)} held-out rows as the "
        f"bundle scores them (largest difference {largest:.1e}); {len(statuses)} bad requests refused with "
        f"{', '.join(map(str, sorted(set(statuses))))}"
    )


def _data(settings: Settings) -> Path:
    return catalog.Paths(settings.root, settings.state_dir).data


def _splits(settings: Settings) -> Splits:
    project = projects.get(PROJECT)
    return split(project, dataset.load(project, _data(settings)).frame, seed=0)


def _of_split(settings: Settings, parts: Splits) -> tuple[str, Bundle]:
    """The newest published version that learnt from and was judged by the project's own windows, and its bundle."""
    s3 = client(settings, "s3")
    for each in Registry(settings, PROJECT).versions():
        bundle = store.fetch(s3, each.bundle_uri, each.bundle_sha256)
        if bundle.manifest["rows"] == parts.sizes:
            return each.version, bundle
    raise NotReachedError(f"no version of {PROJECT} has learnt from 2018; `make retrain PROJECT={PROJECT}` makes one")


def _bundle(settings: Settings, version: str) -> Bundle:
    s3: Any = client(settings, "s3")
    found = store.find(s3, catalog.models_bucket(account(settings)), PROJECT, version)
    return store.fetch(s3, found.uri, found.sha256)


OUTCOMES = (
    Outcome("4.1", "dataset prepared", data_are_prepared),
    Outcome("4.2", "baseline model working", model_beats_the_baselines),
    Outcome("4.3", "separate MLflow experiment", experiment_is_its_own),
    Outcome("4.4", "`mlops-api-2` image builds", image_is_built),
    Outcome("4.5", "image visible in ECR", image_is_in_the_registry),
    Outcome("4.6", "reachable through the ALB", both_answer_behind_one_balancer),
    Outcome("4.7", "API returns predictions", api_keeps_its_promises),
)
