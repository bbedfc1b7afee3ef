"""Week 3, secrets and retraining: what its outcomes must see, through MLflow, S3 and the live API."""

from datetime import UTC, datetime

from mlops_lab import projects
from mlops_lab.outcomes.outcome import Outcome, require
from mlops_lab.registry.tracking import GATE, Registry
from mlops_lab.settings import Settings

PROJECT = "income"
MILLISECONDS = 1_000


def retraining_logs_a_run(settings: Settings) -> str:
    """3.3: the newest run has data version, parameters, metrics, a model, and the gate's verdict."""
    project = projects.get(PROJECT)
    run = Registry(settings, PROJECT).newest_run()
    require(run, f"MLflow has no run of {PROJECT}; `make retrain PROJECT={PROJECT}` makes one")
    params, metrics, verdict = run.data.params, run.data.metrics, run.data.tags.get(GATE)
    digests = [each.dataset.digest for each in run.inputs.dataset_inputs]
    require(params.get("data_sha256") == project.dataset.sha256, f"the run's data are {params.get('data_sha256')}")
    require(digests and project.dataset.sha256.startswith(digests[0]), f"the run's dataset inputs are {digests}")
    missing = {"seed", "estimator", "threshold"} - params.keys() | {project.metric, "auc"} - metrics.keys()
    require(not missing, f"the run has no {sorted(missing)}")
    require(run.outputs and run.outputs.model_outputs, "the run has no model")
    require(verdict in ("passed", "refused"), f"the run's verdict is {verdict!r}")
    ended = datetime.fromtimestamp(run.info.end_time / MILLISECONDS, UTC)
    return (
        f"run {run.info.run_id[:12]} of {ended:%Y-%m-%d %H:%M} UTC: data {params['data_sha256'][:12]}, {len(params)} "
        f"parameters, {project.metric} {metrics[project.metric]:.4f}, model {run.outputs.model_outputs[0].model_id}, "
        f"gate {verdict}"
    )


OUTCOMES = (Outcome("3.3", "`retrain.py` logs a run", retraining_logs_a_run),)
