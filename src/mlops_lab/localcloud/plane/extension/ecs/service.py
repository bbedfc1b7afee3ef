"""An ECS service and its deployments, counted from the tasks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from mlops_lab.localcloud.plane.extension.ecs.describe import without_none
from mlops_lab.localcloud.plane.extension.ecs.task import Json, Task

SETTINGS: dict[str, Any] = {  # what CreateService and UpdateService set and DescribeServices shows, with AWS's defaults
    "availabilityZoneRebalancing": "DISABLED",
    "capacityProviderStrategy": None,
    "deploymentConfiguration": {},
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "healthCheckGracePeriodSeconds": None,
    "launchType": None,
    "loadBalancers": [],
    "networkConfiguration": None,
    "placementConstraints": [],
    "placementStrategy": [],
    "platformVersion": None,
    "propagateTags": "NONE",
    "serviceRegistries": [],
}
DEPLOYED = (  # a change of one of these starts a deployment
    "capacityProviderStrategy",
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "serviceRegistries",
    "taskDefinition",
)
SHOWN_ON_DEPLOYMENT = ("capacityProviderStrategy", "launchType", "networkConfiguration", "platformVersion")
DEPLOYMENT_CONFIGURATION = {
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "deploymentCircuitBreaker": {"enable": False, "rollback": False},
}


@dataclass
class Deployment:
    """One rollout of a service."""

    id: str  # "ecs-svc/<n>"; its tasks were started by it
    task_definition: str
    created_at: datetime
    settings: Json
    updated_at: datetime
    completed: bool = False

    def describe(self, status: str, desired: int, tasks: Sequence[Task]) -> Json:
        """Return the deployment as the API shows it; `tasks` are its own."""
        state = "COMPLETED" if self.completed else "IN_PROGRESS"
        return without_none(
            id=self.id,
            status=status,
            taskDefinition=self.task_definition,
            desiredCount=desired,
            failedTasks=sum(task.has_failed for task in tasks),
            createdAt=self.created_at,
            updatedAt=self.updated_at,
            platformFamily="Linux",
            rolloutState=state,
            rolloutStateReason=f"ECS deployment {self.id} {'completed' if self.completed else 'in progress'}.",
            **_counts(tasks),
            **{name: self.settings.get(name) for name in SHOWN_ON_DEPLOYMENT},
        )


@dataclass
class Service:
    """A service; moto's tables and tagging know `arn`, `name`, `cluster_name`, `tags` and `status`."""

    arn: str
    name: str
    cluster_name: str
    cluster_arn: str
    task_definition: str
    desired_count: int
    created_at: datetime
    settings: Json
    deployment_controller: dict[str, str]
    scheduling_strategy: str
    role_arn: str | None
    tags: list[dict[str, str]]
    deployments: list[Deployment] = field(default_factory=list)  # the newest last
    is_deleted: bool = False
    status: str = "ACTIVE"
    events: list[Json] = field(default_factory=list)
    task_sets: list[Any] = field(default_factory=list)  # moto's, for the external deployment controller

    @property
    def group(self) -> str:
        """Group of its tasks."""
        return f"service:{self.name}"

    @property
    def physical_resource_id(self) -> str:
        """The ARN, under moto's name."""
        return self.arn

    @property
    def launch_type(self) -> str | None:
        """Launch type, under moto's name."""
        launch_type: str | None = self.settings["launchType"]
        return launch_type

    def change(self, properties: Mapping[str, Any]) -> bool:
        """Take over an UpdateService and tell whether it needs a deployment."""
        before = {name: self.settings.get(name) for name in DEPLOYED} | {"taskDefinition": self.task_definition}
        for name in SETTINGS:
            if properties.get(name) is not None:
                self.settings[name] = properties[name]
        self.settings["deploymentConfiguration"] = DEPLOYMENT_CONFIGURATION | self.settings["deploymentConfiguration"]
        self.task_definition = properties.get("taskDefinition") or self.task_definition
        self.desired_count = properties.get("desiredCount", self.desired_count)
        after = {name: self.settings.get(name) for name in DEPLOYED} | {"taskDefinition": self.task_definition}
        return before != after or bool(properties.get("forceNewDeployment"))

    def deploy(self, deployment_id: str, now: datetime) -> None:
        """Begin a deployment of what the service is now."""
        self.deployments.append(Deployment(deployment_id, self.task_definition, now, dict(self.settings), now))

    def settle(self, tasks: Sequence[Task], now: datetime) -> None:
        """Draw the consequences of its tasks' states: a finished rollout, the end of a deleted service."""
        alive = [task for task in tasks if not task.is_stopped]
        if self.is_deleted:
            self.status = "DRAINING" if alive else "INACTIVE"
            return
        primary = self.deployments[-1]
        starters = {task.started_by for task in alive}
        self.deployments = [each for each in self.deployments[:-1] if each.id in starters] + [primary]
        running = sum(task.last_status == "RUNNING" for task in alive if task.started_by == primary.id)
        if not primary.completed and running >= self.desired_count and starters <= {primary.id}:
            primary.completed = True
            primary.updated_at = now

    def describe(self, tasks: Sequence[Task], with_tags: bool) -> Json:
        """Return the service as the API shows it."""
        shown = [] if self.is_deleted else self._describe_deployments(tasks)
        return without_none(
            serviceArn=self.arn,
            serviceName=self.name,
            clusterArn=self.cluster_arn,
            status=self.status,
            desiredCount=self.desired_count,
            taskDefinition=self.task_definition,
            deployments=shown,
            deploymentController=self.deployment_controller,
            schedulingStrategy=self.scheduling_strategy,
            platformFamily="Linux",
            roleArn=self.role_arn,
            createdAt=self.created_at,
            events=self.events,
            tags=self.tags if with_tags else None,
            taskSets=self.task_sets or None,
            **_counts(tasks),
            **self.settings,
        )

    def _describe_deployments(self, tasks: Sequence[Task]) -> list[Json]:
        *older, primary = self.deployments
        own = {each.id: [task for task in tasks if task.started_by == each.id] for each in self.deployments}
        return [primary.describe("PRIMARY", self.desired_count, own[primary.id])] + [
            each.describe("ACTIVE", sum(task.desired_status == "RUNNING" for task in own[each.id]), own[each.id])
            for each in reversed(older)
        ]


def _counts(tasks: Sequence[Task]) -> dict[str, int]:
    running = sum(task.last_status == "RUNNING" for task in tasks)
    pending = sum(
        task.last_status in {"PROVISIONING", "PENDING", "ACTIVATING"} and task.desired_status == "RUNNING"
        for task in tasks
    )
    return {"runningCount": running, "pendingCount": pending}
