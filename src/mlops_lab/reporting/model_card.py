"""A model card (Mitchell et al., 2019, doi 10.1145/3287560.3287596): what a version is for, from what, how good. Pure.

It is written from what vouches for the model: its bundle's manifest and profile, its MLflow run, the registry, and the
project's declaration.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import sqrt
from typing import Any

from mlops_lab.errors import LabError
from mlops_lab.projects.project import Classification, Project, TimeSplit
from mlops_lab.registry.bundle import FEATURES, PROFILE
from mlops_lab.registry.history import Stored, TrainingRun
from mlops_lab.registry.promotion import Promotion

NORMAL = 1.96  # standard errors on each side of a mean that hold 95 % of the draws
LARGEST = 6  # groups of an attribute that a card lists, by their rows
Json = dict[str, Any]


def card(
    project: Project,
    run: TrainingRun,
    stored: Stored,
    gate: Mapping[str, Any],
    groups: Sequence[Mapping[str, Any]],
    moves: Sequence[Promotion],
) -> Json:
    """Describe a published version.

    Args:
        project: Its declaration.
        run: The run that trained it, with the version it became.
        stored: Its bundle, read back and verified.
        gate: What the gate asked and found, as the run logged it.
        groups: Metrics by protected group, as the run logged them.
        moves: Every promotion of the project's champion.

    Raises:
        LabError: The run became no version, or its profile has no losses.
    """
    if run.version is None:
        raise LabError(f"Run {run.id} of {project.name} became no version; a card needs one.")
    manifest = stored.bundle.manifest
    kept = ("title", "created", "commit", "run_id", "data", "rows", "parity", "versions")
    return {
        "project": project.name,
        "version": run.version.version,
        "aliases": list(run.version.aliases),
        **{name: manifest[name] for name in kept},
        "bundle": {"location": run.version.bundle_uri, "sha256": run.version.bundle_sha256, "files": manifest["files"]},
        "use": _use(project, manifest["task"]),
        "features": _features(project, stored.bundle.document(FEATURES)["features"]),
        "excluded": dict(project.excluded),
        "metric": _metric(project, stored.bundle.document(PROFILE)),
        "metrics": manifest["metrics"],
        "baselines": _baselines(project.metric, run.metrics),
        "gate": {"checks": list(gate["checks"]), "champion": gate["champion"]},
        "groups": _groups(groups),
        "limits": _limits(project),
        "profile": _profile(stored.bundle.document(PROFILE)),
        "promotions": [asdict(move) for move in moves],
    }


def _use(project: Project, task: Mapping[str, Any]) -> Json:
    if isinstance(project.task, Classification):
        costs = project.task.costs
        answer = f"the probability of {project.task.positive!r}"
        decision = (
            f"{project.task.positive!r} from a probability of {task['threshold']:.3f}: a false positive costs "
            f"{costs.false_positive:g} {costs.unit}, a false negative {costs.false_negative:g}"
        )
    else:
        answer, decision = project.task.unit, ""
    return {"intended": project.intended or project.title, "answer": answer, "decision": decision}


def _features(project: Project, features: Sequence[Mapping[str, Any]]) -> list[Json]:
    described = {column.name: column.description for column in project.columns}
    return [
        {
            "name": each["name"],
            "kind": each["kind"],
            "categories": len(each["categories"]),
            "from": described.get(each["name"]) or f"{each['how']} of {', '.join(each['sources'])}",
        }
        for each in features
    ]


def _metric(project: Project, profile: Mapping[str, Any]) -> Json:
    losses = profile.get("performance")
    if losses is None:
        raise LabError(f"The bundle of {project.name} keeps no losses; `make retrain PROJECT={project.name}` does.")
    around = NORMAL * losses["deviation"] / sqrt(losses["rows"])
    low, high = losses["mean"] - around, losses["mean"] + around
    return {"name": losses["metric"], "value": losses["mean"], "interval": [low, high], "rows": losses["rows"]}


def _baselines(metric: str, metrics: Mapping[str, float]) -> list[Json]:
    suffix = f"_{metric}"
    found = {name.removesuffix(suffix): value for name, value in metrics.items() if name.endswith(suffix)}
    return [{"name": name, "value": value} for name, value in sorted(found.items())]


def _groups(groups: Sequence[Mapping[str, Any]]) -> list[Json]:
    attributes = sorted({str(each["attribute"]) for each in groups})
    found: list[Json] = []
    for attribute in attributes:
        rows = sorted((dict(each) for each in groups if each["attribute"] == attribute), key=lambda each: -each["rows"])
        found.append({"attribute": attribute, "shown": rows[:LARGEST], "left_out": max(0, len(rows) - LARGEST)})
    return found


def _limits(project: Project) -> list[str]:
    said = [*project.limits]
    if project.protected:
        names = ", ".join(project.protected)
        said.append(f"It does not see {names}, which is no claim of fairness: what it sees may say much of the same.")
    if isinstance(project.split, TimeSplit):
        said.append(f"It was judged by the days {project.split.test}; later drift is watched for, not foreseen.")
    return [*said, "A category that training has not seen is answered as unknown and counted."]


def _profile(profile: Mapping[str, Any]) -> list[Json]:
    features = {**profile["features"], "score": profile["score"]}
    return [
        {
            "name": name,
            "kind": each["kind"],
            "rows": each["rows"],
            "missing": each["missing"],
            "bins": len(each["counts"]),
            "edges": [each["edges"][0], each["edges"][-1]] if each.get("edges") else [],
        }
        for name, each in features.items()
    ]
