"""Week 5, monitoring: what its outcomes must see."""

from mlops_lab import catalog, projects
from mlops_lab.drift.report import VERDICT
from mlops_lab.outcomes.outcome import Outcome, require
from mlops_lab.pipeline.drift import LEVELS
from mlops_lab.pipeline.reference import SCORE
from mlops_lab.projects.project import Project
from mlops_lab.registry.tracking import Registry
from mlops_lab.settings import Settings

DRIFTING = "taxi"


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
    plain = [each.name for each in project.inputs if each.name not in consumed]
    return [*plain, *(each.name for each in project.derived)]


OUTCOMES = (Outcome("5.3", "drift summary in MLflow", drift_is_in_mlflow),)
