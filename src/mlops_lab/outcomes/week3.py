"""Week 3, secrets, retraining, workflows: what its outcomes must see, in the files, MLflow, S3 and the live API."""

import json
import secrets
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from mlops_lab import catalog, projects
from mlops_lab.cloud import api
from mlops_lab.cloud.session import account, client
from mlops_lab.delivery.closed_loop import TRAIN, live_run
from mlops_lab.delivery.repository import Repository
from mlops_lab.delivery.workflow_file import FOLDER, read, workflows
from mlops_lab.outcomes.outcome import Outcome, require
from mlops_lab.registry import history
from mlops_lab.registry.history import TrainingRun
from mlops_lab.registry.tracking import GATE, Registry
from mlops_lab.security import places
from mlops_lab.security.leaks import look
from mlops_lab.serving.fingerprint import fingerprint
from mlops_lab.settings import Settings

PROJECT = "income"
MILLISECONDS = 1_000
MEGABYTE = 1_000_000
SECURE = {
    catalog.API_KEY_PARAMETER,
    catalog.OTHER_KEY_PARAMETER,
    catalog.DATABASE_USERNAME_PARAMETER,
    catalog.DATABASE_PASSWORD_PARAMETER,
    catalog.TRACKING_URI_PARAMETER,
}
NEVER = "1000000"  # a version of a secret that nothing has: a plan writes it
INPUTS = {"project", "seed", "size", "search"}
COMMIT = 40  # characters of a commit; a checkout with changes has more


def secrets_are_nowhere_but_in_their_parameters(settings: Settings) -> str:
    """3.1: the SecureStrings exist; what they hold, and what a plan is given to write, lies in no other place."""
    names = sorted(SECURE)
    held = client(settings, "ssm").get_parameters(Names=names)["Parameters"]
    secure = {each["Name"] for each in held if each["Type"] == "SecureString"}
    require(secure == SECURE, f"{sorted(SECURE - secure)} are no SecureStrings")
    planted = {name: secrets.token_hex(20) for name in ("api_key", "database_password", "tracking_password")}
    values = places.secrets(settings) | planted
    seen = [look(place, values) for place in places.places(settings, _to_write(planted))]
    leaks = [f"{', '.join(each.found)} in {each.place}" for each in seen if each.found]
    require(not leaks, f"secret values lie elsewhere: {'; '.join(leaks)}")
    read = "; ".join(f"{each.place} ({each.size / MEGABYTE:.1f} MB)" for each in seen)
    return f"SecureStrings {', '.join(names)}; none of {len(values)} values, present, past or planted, in {read}"


def _to_write(planted: Mapping[str, str]) -> dict[str, str]:
    """The variables of a plan that writes planted values into every parameter."""
    return {
        "random_api_key": "false",
        "api_key": planted["api_key"],
        "api_key_version": NEVER,
        "random_database_password": "false",
        "database_password": planted["database_password"],
        "database_password_version": NEVER,
        "mlflow_tracking_uri": f"https://lab:{planted['tracking_password']}@mlflow.invalid",
        "mlflow_tracking_uri_version": NEVER,
    }


def tasks_get_secrets_by_reference(settings: Settings) -> str:
    """3.2: running tasks name the secrets they got, which are those of SSM; no definition holds a value."""
    ecs, ssm = client(settings, "ecs"), client(settings, "ssm")
    arns = ecs.list_tasks(cluster=catalog.CLUSTER, serviceName=catalog.service(PROJECT))["taskArns"]
    require(arns, f"no task of {PROJECT} runs")
    seen = []
    for task in ecs.describe_tasks(cluster=catalog.CLUSTER, tasks=arns)["tasks"]:
        definition = ecs.describe_task_definition(taskDefinition=task["taskDefinitionArn"])["taskDefinition"]
        container = definition["containerDefinitions"][0]
        names = {each["name"]: each["valueFrom"].partition(":parameter")[2] for each in container["secrets"]}
        held = ssm.get_parameters(Names=sorted(names.values()), WithDecryption=True)["Parameters"]
        values = {each["Name"]: each["Value"] for each in held if each["Type"] == "SecureString"}
        wanted = {name: fingerprint(name, values.get(path, "")) for name, path in names.items()}
        told = _told(settings, task["taskArn"].rpartition("/")[2])
        require(told == wanted, f"the task told {told}, SSM holds {wanted}")
        require(not any(value in str(definition) for value in values.values()), "the task definition holds a value")
        seen.append(f"{name} by {path}: {wanted[name]}" for name, path in sorted(names.items()))
    listed = "; ".join(seen[0])
    return f"{len(seen)} tasks of {PROJECT} got by reference, as told in their log (fingerprints): {listed}"


def _told(settings: Settings, task: str) -> dict[str, str]:
    """What a task said of its secrets in its first log line."""
    logs, group = client(settings, "logs"), catalog.log_group(PROJECT)
    streams = logs.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True)["logStreams"]
    stream = next((each["logStreamName"] for each in streams if each["logStreamName"].endswith(task)), None)
    require(stream, f"task {task} has no log in {group}")
    events = logs.get_log_events(logGroupName=group, logStreamName=stream, startFromHead=True, limit=20)["events"]
    starts = [line for line in (json.loads(each["message"]) for each in events) if line.get("event") == "start"]
    require(starts, f"task {task} has not logged its start in {stream}")
    told: dict[str, str] = starts[0]["secrets"]
    return told


def retraining_logs_a_run(settings: Settings) -> str:
    """3.3: the newest run has data version, parameters, metrics, a model, and the gate's verdict."""
    project = projects.get(PROJECT)
    runs = Registry(settings, PROJECT).runs()
    require(runs, f"MLflow has no run of {PROJECT}; `make retrain PROJECT={PROJECT}` makes one")
    run = runs[0]
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


def retraining_is_a_clean_workflow(settings: Settings) -> str:
    """3.4: the train workflow has a schedule and a dispatch with inputs; no linter finds anything in any workflow."""
    train = read(settings.root / FOLDER / f"{TRAIN}.yml", settings.root)
    require(train.schedule, f"{train.path} has no schedule")
    require(train.inputs is not None and train.inputs.keys() >= INPUTS, f"{train.path} takes {train.inputs}")
    loose = [
        uses for each in workflows(settings.root) for uses in each.actions if len(uses.partition("@")[2]) != COMMIT
    ]
    require(not loose, f"actions without a commit: {loose}")
    _lint(settings, "zizmor", "--offline", "--quiet", "--pedantic", ".github")
    files = [str(each.path) for each in workflows(settings.root)]
    _lint(settings, "check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files)
    return (
        f"{train.path}: cron {', '.join(train.schedule)}; dispatch takes {', '.join(train.inputs or ())}; "
        f"zizmor and the workflow schema find nothing in {len(files)} files"
    )


def a_dispatched_workflow_made_a_run(settings: Settings) -> str:
    """3.5: MLflow has a run that a dispatch of the train workflow made, from a commit of this repository."""
    run = _dispatched(settings)[0]
    subject = _known_commit(settings, run)
    data = run.params.get("data_sha256", "")[:12]
    return (
        f"MLflow run {run.id}: workflow {TRAIN}, run {run.tags['workflow_run']}, commit {run.commit[:12]} ({subject}), "
        f"seed {run.params.get('seed')}, data {data}, gate {run.gate}"
    )


def the_workflow_s_model_is_an_object_version(settings: Settings) -> str:
    """3.6: what the workflow published is in versioned S3 under its SHA-256, and so is every version before it."""
    s3, bucket = client(settings, "s3"), catalog.models_bucket(account(settings))
    status = s3.get_bucket_versioning(Bucket=bucket).get("Status")
    require(status == "Enabled", f"versioning of {bucket} is {status}")
    own = next((each.version for each in _dispatched(settings) if each.version), None)
    require(own, "no dispatched run has published a version")
    assert own is not None
    older = [each for each in Registry(settings, PROJECT).versions() if int(each.version) < int(own.version)]
    require(older, f"{own.version} is the only version; a second one shows that older ones stay")
    stored = history.read_stored(s3, own)
    files = sum(len(history.read_stored(s3, each).versions) for each in older)
    return (
        f"{own.bundle_uri}: object version {history.manifest_version(stored)}, SHA-256 {own.bundle_sha256}, "
        f"{len(stored.versions)} files verified; older versions {', '.join(each.version for each in older)}: "
        f"{files} files retrieved by object version and verified"
    )


def a_commit_is_live_by_workflows(settings: Settings) -> str:
    """3.7: the live API serves the version that the train workflow made, and names the commit it was made from."""
    told = api.metadata(settings, PROJECT)
    run = live_run(settings, PROJECT)
    require(run, f"version {told['version']} is live, of run {told['run_id']}, which no {TRAIN} workflow made")
    assert run is not None
    version = run.version
    require(version is not None and version.version == told["version"], f"{run.id} is registered as {version}")
    require(version is not None and version.bundle_sha256 == told["bundle_sha256"], "the live bundle is another one")
    require(run.commit == told["commit"], f"the API names commit {told['commit']}, MLflow {run.commit}")
    made = f"{TRAIN} run {run.tags['workflow_run']} -> version {told['version']}"
    return (
        f"commit {run.commit[:12]} ({_known_commit(settings, run)}) -> {made} -> "
        f"{api.base_url(settings)}/{PROJECT}/metadata: version {told['version']}, commit {told['commit'][:12]}"
    )


def _dispatched(settings: Settings) -> list[TrainingRun]:
    """Training runs of finished dispatches, newest first."""
    found = history.runs(settings, PROJECT, workflow=TRAIN, workflow_event="workflow_dispatch")
    finished = [each for each in found if each.status == "FINISHED"]
    require(finished, f"no training run in MLflow is tagged with workflow {TRAIN}; `make week3` makes one")
    return finished


def _known_commit(settings: Settings, run: TrainingRun) -> str:
    """The subject of the commit that a run names, which this repository must have."""
    require(len(run.commit) == COMMIT, f"run {run.id} names the commit {run.commit!r}")
    return Repository(settings).run("log", "-1", "--format=%s", run.commit).strip()


def _lint(settings: Settings, tool: str, *arguments: str) -> None:
    path = Path(sys.executable).with_name(tool)
    done = subprocess.run([path, *arguments], cwd=settings.root, capture_output=True, text=True, timeout=120)
    require(done.returncode == 0, f"{tool}: {(done.stdout + done.stderr)[-400:]}")


OUTCOMES = (
    Outcome("3.1", "secrets stored securely", secrets_are_nowhere_but_in_their_parameters),
    Outcome("3.2", "environment injection works", tasks_get_secrets_by_reference),
    Outcome("3.3", "`retrain.py` logs a run", retraining_logs_a_run),
    Outcome("3.4", "retrain workflow", retraining_is_a_clean_workflow),
    Outcome("3.5", "manual workflow run", a_dispatched_workflow_made_a_run),
    Outcome("3.6", "models versioned on S3", the_workflow_s_model_is_an_object_version),
    Outcome("3.7", "CI/CD to retrain loop end to end", a_commit_is_live_by_workflows),
)
