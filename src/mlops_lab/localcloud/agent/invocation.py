"""Invokes the target of a schedule, with the credentials of the role that the schedule names."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore import xform_name

from mlops_lab.errors import LabError
from mlops_lab.localcloud.agent.observation import Clients, Json

# What Scheduler calls a service, where boto3 calls it otherwise.
SERVICES: Mapping[str, str] = {"cloudwatchlogs": "logs", "elasticloadbalancingv2": "elbv2", "eventbridge": "events"}
_CLUSTER = re.compile(r"arn:[^:]+:ecs:[^:]+:\d+:cluster/.+")
_UNIVERSAL = re.compile(r"arn:[^:]+:scheduler:::aws-sdk:([a-z0-9]+):(\w+)")


def invoke(schedule: Json, of_role: Callable[[str], Clients]) -> None:
    """Run the task, or make the call, that a schedule names.

    Args:
        schedule: As GetSchedule answers.
        of_role: Role's ARN -> clients with its credentials.

    Raises:
        LabError: The target is neither a task on a cluster nor a call, or no task was started.
        BotoCoreError, ClientError: The call was refused.
    """
    target = schedule["Target"]
    clients = of_role(target["RoleArn"])
    if _CLUSTER.fullmatch(target["Arn"]):
        _run_task(clients("ecs"), schedule["Name"], target)
    elif match := _UNIVERSAL.fullmatch(target["Arn"]):
        _call(clients, match[1], match[2], target.get("Input"))
    else:
        raise LabError(f"the embedded cloud runs tasks and makes calls; {target['Arn']} is neither")


def _run_task(ecs: Any, name: str, target: Json) -> None:
    wanted = target["EcsParameters"]
    network = (wanted.get("NetworkConfiguration") or {}).get("awsvpcConfiguration")
    optional = {
        "launchType": wanted.get("LaunchType"),
        "platformVersion": wanted.get("PlatformVersion"),
        "group": wanted.get("Group"),
        "propagateTags": wanted.get("PropagateTags"),
        "networkConfiguration": network and {"awsvpcConfiguration": {_lowered(key): network[key] for key in network}},
        "overrides": json.loads(target["Input"]) if target.get("Input") else None,
    }
    answer = ecs.run_task(
        cluster=target["Arn"],
        taskDefinition=wanted["TaskDefinitionArn"],
        count=wanted.get("TaskCount") or 1,
        startedBy=f"chronos-schedule/{name}"[:36],
        **{key: value for key, value in optional.items() if value},
    )
    if answer["failures"]:
        raise LabError(f"no task was started: {answer['failures'][0].get('reason')}")


def _call(clients: Clients, service: str, operation: str, text: str | None) -> None:
    client = clients(SERVICES.get(service, service))
    name = operation[0].upper() + operation[1:]
    if name not in client.meta.service_model.operation_names:
        raise LabError(f"{service} has no operation {operation}")
    shape = client.meta.service_model.operation_model(name).input_shape
    getattr(client, xform_name(name))(**_spelt(json.loads(text) if text else {}, shape))


def _spelt(value: Any, shape: Any) -> Any:
    """Return an input with its keys as the API spells them; Scheduler takes them in Pascal case for every service."""
    kind = getattr(shape, "type_name", None)
    if kind == "structure" and isinstance(value, dict):
        names = {name.lower(): name for name in shape.members}
        known = {names.get(key.lower(), key): each for key, each in value.items()}
        return {key: _spelt(each, shape.members.get(key)) for key, each in known.items()}
    if kind == "list" and isinstance(value, list):
        return [_spelt(each, shape.member) for each in value]
    return value


def _lowered(key: str) -> str:
    return key[0].lower() + key[1:]
