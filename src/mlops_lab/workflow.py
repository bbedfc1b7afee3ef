"""The lab's sentences: apply, destroy, serve, deploy; each joins parts and says what it does."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from mlops_lab import catalog, projects
from mlops_lab.candidate import PLAIN, Candidate, Recipe, Step, train_candidate
from mlops_lab.cloud import api
from mlops_lab.cloud.session import account, client, explained
from mlops_lab.delivery import deploy, image, job, mlflow_server
from mlops_lab.delivery.built import Built
from mlops_lab.delivery.job import Job
from mlops_lab.errors import LabError
from mlops_lab.infrastructure.terraform import Terraform
from mlops_lab.localcloud import control
from mlops_lab.progress import Timeline
from mlops_lab.projects.project import Project
from mlops_lab.registry import store
from mlops_lab.retrain import publish
from mlops_lab.security.recorded_run import do_every_role_s_work
from mlops_lab.settings import Settings

FIRST_PROJECT, SECOND_PROJECT = "income", "taxi"
# The first version of a project where it does not learn from all rows: what a pilot had, for retraining to beat.
PILOT: Mapping[str, Recipe] = {FIRST_PROJECT: Recipe(size=10_000)}
ROLES_AT_ONCE = 2  # projects whose schedules run side by side: their tasks have a core each


def apply(settings: Settings, timeline: Timeline) -> None:
    """Apply the state bucket, Terraform's role and the infrastructure.

    Raises:
        LabError: Terraform refuses; the message quotes it.
    """
    bootstrap(settings, timeline)
    build_up(settings, timeline)


def bootstrap(settings: Settings, timeline: Timeline) -> None:
    """Make the state bucket and Terraform's role.

    Raises:
        LabError: Terraform refuses; the message quotes it.
    """
    with timeline.step("terraform", "state bucket and role"):
        Terraform(settings, timeline.lane("terraform")).bootstrap()


def build_up(settings: Settings, timeline: Timeline) -> None:
    """Apply the infrastructure; its state bucket is there.

    Raises:
        LabError: Terraform refuses; the message quotes it.
    """
    with timeline.step("terraform", "infrastructure"):
        Terraform(settings, timeline.lane("terraform")).apply()


def destroy(settings: Settings, timeline: Timeline) -> None:
    """Destroy the infrastructure and verify by tag that nothing is left.

    Raises:
        LabError: Something is left; the message names it.
    """
    with timeline.step("terraform", "destroy"):
        Terraform(settings, timeline.lane("terraform")).destroy()
    timeline.lane("terraform")("nothing with the lab's tag is left")


def train_first(settings: Settings, project: str, timeline: Timeline) -> Candidate:
    """Train and judge a project's first candidate; neither MLflow nor S3 is needed."""
    say, recipe = timeline.lane("training"), PILOT.get(project, PLAIN)
    if recipe.size:
        say(f"a first model of {recipe.size:,} rows; `make retrain` learns from all")
    with timeline.span("training", "train and judge"):
        return train_candidate(projects.get(project), settings, recipe, progress=lambda step: _say_step(step, say))


def deploy_version(settings: Settings, project: str, version: str | None, timeline: Timeline) -> None:
    """Deploy a published version, the newest where none is named.

    Raises:
        LabError: There is no such version, or it does not become live.
    """
    projects.get(project)
    account(settings)
    release = release_of(settings, project, version, image.publish(project, settings, timeline.lane("image")).uri)
    go_live(settings, project, release, timeline)


def serve(settings: Settings, project: str, timeline: Timeline) -> None:
    """Bring a project's API up unless it answers: deploy the newest version, or train the first one.

    Raises:
        LabError: It cannot be trained, published or deployed; the message says why.
    """
    try:
        api.predict_example(settings, project)
    except LabError:
        track(settings, timeline)
        if not is_published(settings, project):
            publish(train_first(settings, project, timeline), settings)
        deploy_version(settings, project, None, timeline)


def track(settings: Settings, timeline: Timeline, built: Built | None = None) -> None:
    """Bring the MLflow server up unless it answers.

    Raises:
        LabError: Its image cannot be built or pushed, or it does not come up.
    """
    with timeline.step("mlflow", "tracking server"):
        mlflow_server.ensure(settings, built, timeline.lane("mlflow"))


def retrain_task(settings: Settings, project: str, arguments: Sequence[str], timeline: Timeline) -> int:
    """Retrain a project as an ECS task, and return its exit code.

    Raises:
        LabError: The image cannot be published, or ECS does not run the task.
    """
    projects.get(project)
    return job.run(settings, Job("retrain", project), _jobs(settings, timeline), arguments, timeline.lane("retrain"))


def report_task(
    settings: Settings, project: str, parameters: Sequence[str], timeline: Timeline, *, by_the_clock: bool = False
) -> int:
    """Run the notebook that reports on a project's training as an ECS task, and return its exit code.

    Args:
        settings: Where.
        project: Name of the project.
        parameters: Of the notebook, `name=value`.
        timeline: Gets the task's log.
        by_the_clock: Let the project's schedule start it, which passes no parameters.

    Raises:
        LabError: The project has no report, the image cannot be published, or ECS does not run the task.
    """
    if projects.get(project).report is None:
        having = ", ".join(each.name for each in projects.every() if each.report)
        raise LabError(f"{project} has no report of its own, {having} have; name its week in its file by `report=`.")
    if parameters and by_the_clock:
        raise LabError(f"A schedule passes no parameters, so not {' '.join(parameters)}; leave them out, or CLOCK=1.")
    uri, which, say = _jobs(settings, timeline), Job("report", project), timeline.lane("report")
    if by_the_clock:
        return job.by_the_clock(settings, which, uri, say)
    return job.run(settings, which, uri, parameters, say)


def exercise_roles(settings: Settings, timeline: Timeline) -> None:
    """Let the roles that only schedules take do their work, for every project: they are live.

    Raises:
        LabError: A project is not live, a canary is open, or a schedule or its task failed.
    """
    published = image.publish(catalog.JOBS, settings, timeline.lane("image"))

    def exercise(project: Project) -> None:
        with timeline.step("roles", f"{project.name}: what the clock starts"):
            do_every_role_s_work(settings, project.name, published.uri, timeline.lane("roles"))

    with ThreadPoolExecutor(ROLES_AT_ONCE, thread_name_prefix="roles") as pool:
        wait_for(*[pool.submit(exercise, project) for project in projects.every()])


def with_cloud(settings: Settings, timeline: Timeline) -> Settings:
    """Start the embedded cloud where that is the target; return the settings with what runs the tasks settled."""
    if settings.is_local:
        with timeline.step("cloud", "embedded cloud"):
            control.up(settings)
    return control.require_up(settings)


def _jobs(settings: Settings, timeline: Timeline) -> str:
    """Bring the MLflow server up, which jobs speak to, and return the URI of the jobs image, by digest."""
    track(settings, timeline)
    return image.publish(catalog.JOBS, settings, timeline.lane("image")).uri


def go_live(settings: Settings, project: str, release: deploy.Release, timeline: Timeline) -> None:
    """Deploy a release and wait until it answers.

    Raises:
        LabError: It does not become live.
    """
    with explained(settings), timeline.step("deploy", f"{project} version {release.version}"):
        ecs, url = client(settings, "ecs"), api.base_url(settings)
        done = deploy.deploy(ecs, project, release, url, timeline.lane("deploy"))
    timeline.lane("deploy")(f"{done.task_definition.rpartition('/')[2]} is live at {url}/{project}/predict")


def release_of(settings: Settings, project: str, version: str | None, uri: str) -> deploy.Release:
    """Join an image, by its URI, and a published version, the newest where none is named.

    Raises:
        LabError: There is no such version.
    """
    with explained(settings):
        s3, bucket = client(settings, "s3"), catalog.models_bucket(account(settings))
        found = store.find(s3, bucket, project, version)
    return deploy.Release(uri, found.uri, found.sha256, found.version)


def is_published(settings: Settings, project: str) -> bool:
    """Whether a version of a project lies in the models bucket.

    Raises:
        LabError: The bucket does not exist.
    """
    with explained(settings):
        return bool(store.latest_version(client(settings, "s3"), catalog.models_bucket(account(settings)), project))


def wait_for(*futures: "Future[Any]") -> None:
    """Wait for all and raise the first failure: what runs beside a failure is let finish, not torn."""
    wait(futures)
    for future in futures:
        future.result()


def _say_step(step: Step, say: Any) -> None:
    if step.seconds is not None:
        say(f"{step.name}: done in {step.seconds:.1f} s")
