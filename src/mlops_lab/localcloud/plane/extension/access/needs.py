"""What a call needs to be allowed: actions on resources, read from its operation and parameters. Pure.

Source: the service authorization reference. An operation that is not named here needs its own action on every ARN that
its parameters hold, or on ``*`` where they hold none, so that an unknown one is refused rather than waved through.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Need:
    """One action on one resource, and what conditions may ask of the call."""

    action: str
    resource: str = "*"
    context: Mapping[str, str] = field(default_factory=dict)  # condition key in lower case -> value


@dataclass(frozen=True)
class Place:
    """Where a call's resources are."""

    partition: str
    region: str
    account: str
    definition: Callable[[str], Json]  # of a task: family, revision or ARN -> as ECS describes it; {} where unknown

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource here."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def named(self, service: str, kind: str, name: str) -> str:
        """Return the ARN of a resource that is named by its name or by its ARN."""
        return name if name.startswith("arn:") else self.arn(service, f"{kind}/{name}")


PREFIXES: Mapping[str, str] = {"monitoring": "cloudwatch", "tagging": "tag"}  # name in signatures -> in actions
FREE = ("sts:GetCallerIdentity",)  # needs no permission
# Their resource is * whatever they are asked.
UNSCOPED = ("ecs:DescribeTaskDefinition", "ecs:ListTasks", "ecr:GetAuthorizationToken", "elasticloadbalancing:Describe")


def needs(signed_for: str, operation: str, parameters: Json, place: Place) -> Iterator[Need]:
    """Yield what a call needs.

    Args:
        signed_for: Service in the signature's scope ("monitoring").
        operation: Name of the API's operation.
        parameters: Its input, as the API spells it.
        place: Where it is called.
    """
    action = f"{PREFIXES.get(signed_for, signed_for)}:{operation}"
    if action in FREE:
        return
    if action in _SPECIAL:
        yield from _SPECIAL[action](action, parameters, place)
    elif action.startswith(UNSCOPED):
        yield Need(action)
    else:
        for arn in list(_arns(parameters)) or ["*"]:
            yield Need(action, arn)


def _arns(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        if value.startswith("arn:"):
            yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _arns(each)
    elif isinstance(value, list):
        for each in value:
            yield from _arns(each)


def _parameters(action: str, asked: Json, place: Place) -> Iterator[Need]:
    for name in asked.get("Names") or [asked["Name"]]:
        yield Need(action, name if name.startswith("arn:") else place.arn("ssm", f"parameter/{name.lstrip('/')}"))


def _stream(action: str, asked: Json, place: Place) -> Iterator[Need]:
    yield Need(action, place.arn("logs", f"log-group:{asked['logGroupName']}:log-stream:{asked['logStreamName']}"))


def _group(action: str, asked: Json, place: Place) -> Iterator[Need]:
    yield Need(action, place.arn("logs", f"log-group:{asked['logGroupName']}:*"))


def _repository(action: str, asked: Json, place: Place) -> Iterator[Need]:
    yield Need(action, place.named("ecr", "repository", asked["repositoryName"]))


def _rule(action: str, asked: Json, place: Place) -> Iterator[Need]:
    yield Need(action, asked["RuleArn"])  # not the target groups that it forwards to


def _services(action: str, asked: Json, place: Place) -> Iterator[Need]:
    cluster = _name(asked.get("cluster") or "default")
    for name in asked.get("services") or [asked["service"]]:
        yield Need(action, place.arn("ecs", f"service/{cluster}/{_name(name)}"))


def _tasks(action: str, asked: Json, place: Place) -> Iterator[Need]:
    cluster = _name(asked.get("cluster") or "default")
    for task in asked.get("tasks") or [asked["task"]]:
        yield Need(action, place.arn("ecs", f"task/{cluster}/{_name(task)}"))


def _registration(action: str, asked: Json, place: Place) -> Iterator[Need]:
    yield Need(action, place.arn("ecs", f"task-definition/{asked['family']}:*"))
    if asked.get("tags"):
        made = {"ecs:createaction": "RegisterTaskDefinition"}
        yield Need("ecs:TagResource", place.arn("ecs", f"task-definition/{asked['family']}:*"), made)
    yield from _passed(asked)


def _run(action: str, asked: Json, place: Place) -> Iterator[Need]:
    found = place.definition(asked["taskDefinition"])
    arn = found.get("taskDefinitionArn") or place.named("ecs", "task-definition", asked["taskDefinition"])
    cluster = place.named("ecs", "cluster", asked.get("cluster") or "default")
    yield Need(action, arn, {"ecs:cluster": cluster})
    if asked.get("tags") or asked.get("propagateTags") == "TASK_DEFINITION":
        tasks = place.arn("ecs", f"task/{_name(cluster)}/*")  # the task has no name yet
        yield Need("ecs:TagResource", tasks, {"ecs:createaction": "RunTask"})
    yield from _passed({**found, **(asked.get("overrides") or {})})


def _passed(definition: Json) -> Iterator[Need]:
    for name in ("executionRoleArn", "taskRoleArn"):
        if role := definition.get(name):
            yield Need("iam:PassRole", role, {"iam:passedtoservice": "ecs-tasks.amazonaws.com"})


def _name(name: str) -> str:
    return name.rpartition("/")[2]


_SPECIAL: Mapping[str, Callable[[str, Json, Place], Iterator[Need]]] = {
    "ssm:GetParameter": _parameters,
    "ssm:GetParameters": _parameters,
    "ssm:PutParameter": _parameters,
    "logs:CreateLogStream": _stream,
    "logs:PutLogEvents": _stream,
    "logs:FilterLogEvents": _group,
    "ecr:BatchCheckLayerAvailability": _repository,
    "ecr:BatchGetImage": _repository,
    "ecr:DescribeImages": _repository,
    "ecr:PutImage": _repository,
    "elasticloadbalancing:ModifyRule": _rule,
    "ecs:DescribeServices": _services,
    "ecs:UpdateService": _services,
    "ecs:DescribeTasks": _tasks,
    "ecs:StopTask": _tasks,
    "ecs:RegisterTaskDefinition": _registration,
    "ecs:RunTask": _run,
}
