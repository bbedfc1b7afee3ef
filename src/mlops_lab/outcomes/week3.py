"""Week 3, secrets and retraining: what its outcomes must see, through MLflow, S3 and the live API."""

import json
from datetime import UTC, datetime

from mlops_lab import catalog, projects
from mlops_lab.cloud.session import client
from mlops_lab.outcomes.outcome import Outcome, require
from mlops_lab.registry.tracking import GATE, Registry
from mlops_lab.serving.fingerprint import fingerprint
from mlops_lab.settings import Settings

PROJECT = "income"
MILLISECONDS = 1_000


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


OUTCOMES = (
    Outcome("3.2", "environment injection works", tasks_get_secrets_by_reference),
    Outcome("3.3", "`retrain.py` logs a run", retraining_logs_a_run),
)
