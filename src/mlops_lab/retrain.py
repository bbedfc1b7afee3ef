"""Retrain: from the raw data to a registered model version and its published bundle."""

import argparse
import json
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from math import isfinite
from types import MappingProxyType

import pandas as pd

from mlops_lab import catalog, projects
from mlops_lab.candidate import PLAIN, Candidate, Progress, Recipe, Step, step, train_candidate, unheard
from mlops_lab.cloud import session
from mlops_lab.data.window import parse
from mlops_lab.errors import LabError
from mlops_lab.pipeline.challenge import Challenge, challenge
from mlops_lab.pipeline.search import BACKENDS
from mlops_lab.pipeline.train import feature_frame
from mlops_lab.projects.project import Project, Window
from mlops_lab.registry import build, figures, store
from mlops_lab.registry.bundle import Bundle
from mlops_lab.registry.champion import Champion, champion
from mlops_lab.registry.tracking import CHALLENGER, CHAMPION, GATE, Registry, RunRecord
from mlops_lab.settings import Settings, read_settings

REFUSED = "The gate refuses this model"  # how what a refused retraining says begins: all its work is done


class GateRefusedError(LabError):
    """The gate refuses a model; its run is logged, and nothing is registered."""


@dataclass(frozen=True)
class Retrained:
    """A published model version."""

    version: str
    bundle_uri: str
    bundle_sha256: str
    run_id: str
    alias: str  # champion, for the first version; else challenger
    metrics: dict[str, float]


def retrain(project: Project, settings: Settings, recipe: Recipe = PLAIN, *, progress: Progress = unheard) -> Retrained:
    """Train, judge, register and publish a model.

    Raises:
        LabError: The data are not as stated, a gate refuses the model, ONNX differs from scikit-learn, or MLflow or
            S3 cannot be used. Nothing is registered then.
    """
    return publish(train_candidate(project, settings, recipe, progress=progress), settings, progress=progress)


def publish(
    candidate: Candidate,
    settings: Settings,
    *,
    progress: Progress = unheard,
    tags: Mapping[str, str] = MappingProxyType({}),
) -> Retrained:
    """Log a candidate's run, with these tags of its own, and register and publish it where gates and champion allow it.

    The bucket is asked before the run is logged, and a version whose bundle cannot be published is taken back.

    Raises:
        GateRefusedError: A gate refuses the model, or it is not better than the champion by the project's margin.
        LabError: MLflow or S3 cannot be used, or the champion's bundle is not what was registered.
    """
    name = candidate.project.name
    registry = Registry(settings, name)
    with step("find the models bucket", progress), session.explained(settings):
        s3, bucket = session.client(settings, "s3"), catalog.models_bucket(session.account(settings))
        latest = store.latest_version(s3, bucket, name)
    with step("compare with the champion", progress), session.explained(settings):
        compared = _challenge(candidate, champion(registry, s3, bucket))
    with step("log the run to MLflow", progress):
        logged = registry.log_run(_record(candidate, compared, {**settings.workflow_tags, **tags}))
    if reasons := _refusals(candidate, compared):
        raise GateRefusedError(
            f"{REFUSED} of {name} ({'; '.join(reasons)}); MLflow run {logged.run_id} has its metrics."
        )
    alias = CHALLENGER if compared else CHAMPION
    with step("register and publish the version", progress), session.explained(settings):
        version = registry.register(logged, above=latest)
        bundle = _seal(candidate, version, logged.run_id)
        try:
            uri = store.publish(s3, bucket, bundle)
            try:
                registry.mark_published(version, uri, bundle.sha256)
                registry.point({alias: version})
            except BaseException:
                store.withdraw(s3, bucket, bundle)
                raise
        except BaseException:
            registry.unregister(version, logged.run_id)
            raise
    return Retrained(version, uri, bundle.sha256, logged.run_id, alias, bundle.manifest["metrics"])


def against_champion(candidate: Candidate, settings: Settings) -> Challenge | None:
    """Compare a candidate with the champion and change nothing; None where there is no champion.

    Raises:
        LabError: MLflow or S3 cannot be used, or the champion's bundle is not what was registered.
    """
    with session.explained(settings):
        bucket = catalog.models_bucket(session.account(settings))
        known = champion(Registry(settings, candidate.project.name), session.client(settings, "s3"), bucket)
        return _challenge(candidate, known)


def _challenge(candidate: Candidate, against: Champion | None) -> Challenge | None:
    if against is None:
        return None
    project, evaluation = candidate.project, candidate.evaluation
    scores = against.scores(candidate.splits.test)
    return challenge(
        project.metric, evaluation.truth, (against.version, scores), evaluation.scores, project.margin,
        _sliced(candidate),
    )  # fmt: skip


def _sliced(candidate: Candidate) -> pd.DataFrame:
    """The held-out rows' values of what the project is sliced by: columns, or what its model derives from them."""
    rows = candidate.splits.test
    derived = feature_frame(candidate.model.spec, rows).set_axis(rows.index)
    return pd.DataFrame({name: rows[name] if name in rows else derived[name] for name in candidate.project.slices})


def _refusals(candidate: Candidate, compared: Challenge | None) -> list[str]:
    """Why a candidate may not be registered: the gates that it does not pass, and the champion it does not beat."""
    gates = [str(check) for check in candidate.verdict.failures]
    return gates + ([str(compared)] if compared and not compared.passed else [])


def _seal(candidate: Candidate, version: str, run_id: str) -> Bundle:
    created = datetime.now(UTC).isoformat(timespec="seconds")
    return build.seal(candidate.contents, version=version, run_id=run_id, commit=candidate.commit, created=created)


def _record(candidate: Candidate, compared: Challenge | None, origin: Mapping[str, str]) -> RunRecord:
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
        tags={
            GATE: "refused" if _refusals(candidate, compared) else "passed",
            "commit": candidate.commit,
            **origin,
        },
        documents={
            "gate.json": {
                "checks": [str(check) for check in candidate.verdict.checks],
                "champion": str(compared) if compared else "there is none yet: the gates alone decide",
                "slices": [asdict(each) for each in compared.slices] if compared else [],
            },
            "search.json": {"trials": [asdict(trial) for trial in candidate.trials]},
            "groups.json": {"groups": [asdict(group) for group in evaluation.groups]},
        },
        figures=figures.drawn(project, evaluation),
    )


def _params(candidate: Candidate) -> dict[str, object]:
    estimator = candidate.model.pipeline[-1]
    return {
        **{each.name: getattr(candidate.recipe, each.name) for each in fields(candidate.recipe)},
        **candidate.evaluation.decisions,
        "data_sha256": candidate.provenance.sha256,
        "features": ", ".join(feature.name for feature in candidate.model.spec.features),
        "excluded": ", ".join(candidate.project.excluded),
        "estimator": type(estimator).__name__,
        **{f"rows_{part}": rows for part, rows in candidate.splits.sizes.items()},
        **{f"estimator_{name}": value for name, value in estimator.get_params().items()},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Retrain from the command line: steps on stderr, the result as one line of JSON on stdout."""
    parser = argparse.ArgumentParser(prog="python -m mlops_lab.retrain", description=__doc__)
    parser.add_argument("--project", required=True, help=f"one of {', '.join(projects.names())}")
    parser.add_argument("--seed", type=int, default=0, help="of the estimator and of a search (default: 0)")
    parser.add_argument("--size", type=_count, help="rows to learn from at most (default: all)")
    parser.add_argument(
        "--search", type=_count, default=0, help="combinations of hyper-parameters to try (default: none)"
    )
    parser.add_argument(
        "--train", type=_days, help="days to learn from, 2020-01-01..2020-04-01 (default: the project's)"
    )
    parser.add_argument("--test", type=_days, help="days after these, to be judged by (default: the project's)")
    parser.add_argument("--backend", choices=BACKENDS, default="loky", help="what a search runs on (default: loky)")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _stopped)
    recipe = Recipe(options.seed, options.size, options.search, options.backend, options.train, options.test)
    try:
        retrained = retrain(projects.get(options.project), read_settings(), recipe, progress=_print_step)
    except LabError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    print(json.dumps(asdict(retrained)))  # noqa: T201
    return 0


def _stopped(number: int, frame: object) -> None:
    """End as Ctrl-C would, so that what is half registered is taken back."""
    sys.exit(128 + number)


def _days(text: str) -> Window:
    try:
        window = parse(text)
    except LabError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if window is None:
        raise argparse.ArgumentTypeError("no days are named")
    return window


def _count(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1")
    return int(text)


def _print_step(step: Step) -> None:
    if step.seconds is not None:
        print(f"{step.name}: {step.seconds:.1f} s", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
