"""Retrain: from the raw data to a registered model version and its published bundle."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import isfinite

from mlops_lab import catalog, projects
from mlops_lab.cloud import session
from mlops_lab.data import dataset, schemas
from mlops_lab.data.dataset import Provenance
from mlops_lab.data.split import Splits, split
from mlops_lab.errors import LabError
from mlops_lab.pipeline import train
from mlops_lab.pipeline.evaluate import Evaluation, evaluate
from mlops_lab.pipeline.gate import Verdict, judge
from mlops_lab.projects.project import Project
from mlops_lab.registry import build, figures, store
from mlops_lab.registry.bundle import Bundle
from mlops_lab.registry.commit import current_commit
from mlops_lab.registry.tracking import Registry, RunRecord
from mlops_lab.settings import Settings, read_settings


@dataclass(frozen=True)
class Step:
    """A step of retraining: it starts (seconds is None) or has ended."""

    name: str
    seconds: float | None = None


Progress = Callable[[Step], None]


def _silent(step: Step) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Candidate:
    """A model that has been judged and packed, but is not registered."""

    project: Project
    seed: int
    commit: str
    model: train.Model
    splits: Splits
    provenance: Provenance
    evaluation: Evaluation
    verdict: Verdict
    contents: build.Contents


@dataclass(frozen=True)
class Retrained:
    """A published model version."""

    version: str
    bundle_uri: str
    bundle_sha256: str
    run_id: str
    metrics: dict[str, float]


def retrain(project: Project, settings: Settings, *, seed: int = 0, progress: Progress = _silent) -> Retrained:
    """Train, judge, register and publish a model.

    Raises:
        LabError: The data are not as stated, a gate refuses the model, ONNX differs from scikit-learn, or MLflow or
            S3 cannot be used. Nothing is registered then.
    """
    return publish(train_candidate(project, settings, seed=seed, progress=progress), settings, progress=progress)


def train_candidate(project: Project, settings: Settings, *, seed: int = 0, progress: Progress = _silent) -> Candidate:
    """Train and judge a model and pack its bundle; neither MLflow nor S3 is needed.

    Raises:
        LabError: The data are not as stated, or ONNX differs from scikit-learn.
    """
    with _step("load and validate the data", progress):
        raw = dataset.load(project, catalog.Paths(settings.root, settings.state_dir).data)
        splits = split(project, raw.frame, seed)
    with _step("train", progress):
        model = train.fit(project, splits.train, seed)
        schemas.validate_features(model.spec, train.feature_frame(model.spec, splits.test))
    with _step("evaluate", progress):
        evaluation = evaluate(project, model, splits.train, splits.validation, splits.test)
        verdict = judge(project.gates, evaluation.metrics)
    with _step("convert to ONNX and compare", progress):
        contents = build.build(project, model, evaluation, splits, raw.provenance)
    commit = current_commit(settings.root)
    return Candidate(project, seed, commit, model, splits, raw.provenance, evaluation, verdict, contents)


def publish(candidate: Candidate, settings: Settings, *, progress: Progress = _silent) -> Retrained:
    """Log a candidate's run, and register and publish it where the gates let it pass.

    The bucket is asked before the run is logged, and a version whose bundle cannot be published is taken back.

    Raises:
        LabError: A gate refuses the model, or MLflow or S3 cannot be used.
    """
    name = candidate.project.name
    registry = Registry(settings, name)
    with _step("find the models bucket", progress), session.explained(settings):
        s3, bucket = session.client(settings, "s3"), catalog.models_bucket(session.account(settings))
        latest = store.latest_version(s3, bucket, name)
    with _step("log the run to MLflow", progress):
        logged = registry.log_run(_record(candidate, settings.workflow_tags))
    if not candidate.verdict.passed:
        failures = "; ".join(map(str, candidate.verdict.failures))
        raise LabError(
            f"The gate refuses this model of {name} ({failures}); MLflow run {logged.run_id} has its metrics."
        )
    with _step("register and publish the version", progress), session.explained(settings):
        version = registry.register(logged, above=latest)
        try:
            bundle = _seal(candidate, version, logged.run_id)
            uri = store.publish(s3, bucket, bundle)
            registry.mark_published(version, uri, bundle.sha256)
        except BaseException:
            registry.unregister(version, logged.run_id)
            raise
    return Retrained(version, uri, bundle.sha256, logged.run_id, bundle.manifest["metrics"])


def _seal(candidate: Candidate, version: str, run_id: str) -> Bundle:
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return build.seal(candidate.contents, version=version, run_id=run_id, commit=candidate.commit, created=created)


def _record(candidate: Candidate, origin: Mapping[str, str]) -> RunRecord:
    evaluation, project = candidate.evaluation, candidate.project
    baselines = {f"{name}_{key}": value for name, found in evaluation.baselines.items() for key, value in found.items()}
    parity = {"parity_largest_difference": candidate.contents.parity.largest_difference}
    versions = build.package_versions()
    return RunRecord(
        model=candidate.model.pipeline,
        requirements=tuple(f"{name}=={versions[name]}" for name in ("numpy", "pandas", "scikit-learn")),
        provenance=asdict(candidate.provenance),
        params=_params(candidate),
        metrics={key: value for key, value in (evaluation.metrics | baselines | parity).items() if isfinite(value)},
        tags={"gate": "passed" if candidate.verdict.passed else "refused", "commit": candidate.commit, **origin},
        documents={
            "gate.json": {"checks": [str(check) for check in candidate.verdict.checks]},
            "groups.json": {"groups": [asdict(group) for group in evaluation.groups]},
        },
        figures={
            "reliability.png": figures.reliability(evaluation),
            "cost_by_threshold.png": figures.cost_by_threshold(evaluation, project.task.costs),
        },
    )


def _params(candidate: Candidate) -> dict[str, object]:
    estimator = candidate.model.pipeline[-1]
    return {
        "seed": candidate.seed,
        "threshold": candidate.evaluation.threshold,
        "data_sha256": candidate.provenance.sha256,
        "features": ", ".join(feature.name for feature in candidate.model.spec.features),
        "excluded": ", ".join(candidate.project.excluded),
        "estimator": type(estimator).__name__,
        **{f"rows_{part}": rows for part, rows in candidate.splits.sizes.items()},
        **{f"estimator_{name}": value for name, value in estimator.get_params().items()},
    }


@contextmanager
def _step(name: str, progress: Progress) -> Iterator[None]:
    progress(Step(name))
    start = time.monotonic()
    yield
    progress(Step(name, time.monotonic() - start))


def main(arguments: Sequence[str] | None = None) -> int:
    """Retrain from the command line: steps on stderr, the result as one line of JSON on stdout."""
    parser = argparse.ArgumentParser(prog="python -m mlops_lab.retrain", description=__doc__)
    parser.add_argument("--project", required=True, help=f"one of {', '.join(projects.names())}")
    parser.add_argument("--seed", type=int, default=0, help="of the split and of the estimator (default: 0)")
    options = parser.parse_args(arguments)
    try:
        retrained = retrain(projects.get(options.project), read_settings(), seed=options.seed, progress=_print_step)
    except LabError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    print(json.dumps(asdict(retrained)))  # noqa: T201
    return 0


def _print_step(step: Step) -> None:
    if step.seconds is not None:
        print(f"{step.name}: {step.seconds:.1f} s", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
