"""From a commit to a live API by the workflows alone: train, deploy of what train published, and its promotion."""

from collections.abc import Callable, Mapping

from mlops_lab.cloud import api
from mlops_lab.cloud.session import caller
from mlops_lab.delivery.workflow_run import WorkflowRun, run_workflow
from mlops_lab.errors import LabError
from mlops_lab.progress import Say
from mlops_lab.registry.history import TrainingRun, runs
from mlops_lab.registry.promotion import promote
from mlops_lab.registry.tracking import CHAMPION, Registry
from mlops_lab.settings import Settings

TRAIN, DEPLOY = "train", "deploy"
Dispatch = Callable[[Settings, str, Mapping[str, str], Say], WorkflowRun]


def close_loop(settings: Settings, project: str, say: Say, dispatch: Dispatch = run_workflow) -> str | None:
    """Dispatch train, deploy what it published, and make that the champion; return the new version.

    Where the gate finds no better model there is no new version, and what is live stays, if a workflow made it.

    Raises:
        LabError: A workflow fails, or the gate refuses the model and what is live was made by no workflow.
    """
    trained = dispatch(settings, TRAIN, {"project": project}, say)
    made = runs(settings, project, workflow=TRAIN, workflow_run=trained.id)
    if trained.code != 0 and made and made[0].gate != "passed":
        say(f"the gate refused the model of run {made[0].id}: the champion stays")
        _require_loop(settings, project, trained)
        return None
    trained.require_success()
    version = _published(trained, made)
    deployed = dispatch(settings, DEPLOY, {"project": project, "version": version}, say)
    deployed.require_success()
    registry = Registry(settings, project)
    if (champion := registry.aliased(CHAMPION)) is None or champion.version != version:
        say(str(promote(registry, version, caller(settings), f"deployed by workflow run {deployed.id}")))
    return version


def live_run(settings: Settings, project: str) -> TrainingRun | None:
    """Return the train workflow's run whose version the live API serves, or None where another made it.

    Raises:
        LabError: Nobody answers, or MLflow's store cannot be used.
    """
    served = api.metadata(settings, project)["run_id"]
    return next((each for each in runs(settings, project, workflow=TRAIN) if each.id == served), None)


def _require_loop(settings: Settings, project: str, trained: WorkflowRun) -> None:
    if live_run(settings, project) is None:
        trained.require_success()


def _published(trained: WorkflowRun, made: list[TrainingRun]) -> str:
    version = next((each.version for each in made if each.version), None)
    if version is None:
        raise LabError(f"Workflow run {trained.id} succeeded and published nothing; see {trained.folder / 'log'}.")
    return version.version
