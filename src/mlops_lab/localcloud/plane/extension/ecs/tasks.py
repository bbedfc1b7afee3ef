"""Moto's ECS backend with tasks of its own. Every task is a Fargate task: there are no container instances."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.ec2 import ec2_backends
from moto.ecs.exceptions import EcsClientException, ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.moto_api._internal import mock_random

from mlops_lab.localcloud.plane.engine import determinism
from mlops_lab.localcloud.plane.extension.ecs.network import attach, detach
from mlops_lab.localcloud.plane.extension.ecs.runs import Run, recent, run_of
from mlops_lab.localcloud.plane.extension.ecs.task import STATES, Container, Json, Task

Properties = Mapping[str, Any]  # a request by the API's names


class TaskBackend(EC2ContainerServiceBackend):  # type: ignore[misc]
    """Clusters, task definitions and settings are moto's; tasks live here."""

    tasks: dict[str, dict[str, Task]]  # by cluster name and ARN
    past: tuple[Run, ...] = ()  # of tasks that ECS shows no more

    def run(self, properties: Properties) -> list[Task]:
        """Create tasks in PROVISIONING, as RunTask does."""
        cluster = self.active_cluster(properties.get("cluster", "default"))
        definition = self.active_definition(properties["taskDefinition"])
        _check_overrides(definition, properties.get("overrides") or {})
        provider = _capacity_provider(cluster, properties)
        self._forget()
        created = [self._new_task(cluster, definition, properties) for _ in range(properties.get("count", 1))]
        for task in created:
            task.capacity_provider_name = provider
        self.tasks.setdefault(cluster.name, {}).update({task.task_arn: task for task in created})
        return created

    def _new_task(self, cluster: Any, definition: Any, properties: Properties) -> Task:
        task = Task(
            task_arn=self._new_arn("task", cluster.name),
            cluster_name=cluster.name,
            cluster_arn=cluster.arn,
            task_definition_arn=definition.arn,
            family=definition.family,
            group=properties.get("group") or f"family:{definition.family}",
            started_by=properties.get("startedBy") or "",
            created_at=self.now(),
            containers=[self._container(cluster.name, each) for each in definition.container_definitions],
            overrides=dict(properties.get("overrides") or {}),
            tags=_tags(definition, properties),
        )
        task.cpu = task.overrides.get("cpu") or definition.cpu
        task.memory = task.overrides.get("memory") or definition.memory
        task.platform_version = _platform(properties.get("platformVersion"))
        task.enable_execute_command = properties.get("enableExecuteCommand", False)
        if definition.network_mode == "awsvpc":
            attach(task, ec2_backends[self.account_id][self.region_name], properties.get("networkConfiguration"))
        return task

    def _container(self, cluster: str, definition: Json) -> Container:
        return Container(
            self._new_arn("container", cluster),
            definition["name"],
            definition["image"],
            definition.get("cpu", 0),
            definition.get("memory"),
            definition.get("memoryReservation"),
        )

    def _new_arn(self, kind: str, cluster: str) -> str:
        return f"{self.arn_of(kind, cluster)}/{mock_random.uuid4().hex}"

    def arn_of(self, kind: str, name: str) -> str:
        """Return the ARN of something in this account and region."""
        return f"arn:{self.partition}:ecs:{self.region_name}:{self.account_id}:{kind}/{name}"

    def find_tasks(self, cluster: str, names: Iterable[str]) -> tuple[list[Task], list[dict[str, str]]]:
        """Return the tasks with these ids or ARNs, and the failures for those that there are not."""
        known = {task.id: task for task in self.cluster_tasks(cluster)}
        wanted = {name: known.get(name.rpartition("/")[2]) for name in names}
        failures = [{"arn": name, "reason": "MISSING"} for name, task in wanted.items() if task is None]
        return [task for task in wanted.values() if task is not None], failures

    def task(self, properties: Properties) -> Task:
        """Return the task that a request names."""
        found, _ = self.find_tasks(properties.get("cluster", "default"), [properties["task"]])
        if not found:
            raise InvalidParameterException("The referenced task was not found.")
        return found[0]

    def cluster_tasks(self, cluster: str) -> list[Task]:
        """Return the tasks of a cluster that ECS still shows."""
        now = self.now()
        held = self.tasks.get(self._get_cluster(cluster).name, {})
        return [task for task in held.values() if not task.is_forgotten(now)]

    def select_tasks(self, properties: Properties) -> list[Task]:
        """Return the tasks that a ListTasks asks for."""
        wanted = {
            "family": properties.get("family"),
            "started_by": properties.get("startedBy"),
            "launch_type": properties.get("launchType"),
            "desired_status": properties.get("desiredStatus", "RUNNING"),
            "group": f"service:{properties['serviceName'].rpartition('/')[2]}" if "serviceName" in properties else None,
        }
        return [
            task
            for task in self.cluster_tasks(properties.get("cluster", "default"))
            if all(value is None or getattr(task, name) == value for name, value in wanted.items())
        ]

    def list_tasks(self, *_: Any, **__: Any) -> list[Task]:
        """Return every task: moto looks a task up here for its tags."""
        return [task for tasks in self.tasks.values() for task in tasks.values()]

    def stop(self, properties: Properties) -> Task:
        """Set a task's desired status; its agent does the rest."""
        task = self.task(properties)
        task.stop(properties.get("reason"), self.now())
        self.settle(task)
        return task

    def submit(self, properties: Properties) -> None:
        """Take over what the agent saw of a task."""
        task = self.task(properties)
        if properties.get("status", "RUNNING") not in STATES:
            raise InvalidParameterException(f"Invalid task status: {properties['status']}")
        named = {each["containerName"] for each in properties.get("containers", [])}
        if unknown := named - {container.name for container in task.containers}:
            raise InvalidParameterException(f"Container {unknown.pop()} is not a container of the task.")
        task.apply(properties, self.now())
        if task.is_stopped:
            detach(task, ec2_backends[self.account_id][self.region_name])
        self.settle(task)

    def settle(self, task: Task) -> None:
        """Draw the consequences of a task's change."""

    def runs(self) -> list[Run]:
        """Return the time of every task that Cost Explorer still shows, until now."""
        held = [task for tasks in self.tasks.values() for task in tasks.values()]
        return [*self.past, *self._runs(held)]

    def _runs(self, tasks: Iterable[Task]) -> Iterable[Run]:
        now, known = self.now(), {each.arn: each for found in self.task_definitions.values() for each in found.values()}
        found = (run_of(task, known.get(task.task_definition_arn), now) for task in tasks)
        return (run for run in found if run is not None)

    def _forget(self) -> None:
        now = self.now()
        ended = [task for tasks in self.tasks.values() for task in tasks.values() if task.is_forgotten(now)]
        if ended:
            self.past = tuple(recent([*self.past, *self._runs(ended)], now))
        for cluster, tasks in self.tasks.items():
            self.tasks[cluster] = {arn: task for arn, task in tasks.items() if not task.is_forgotten(now)}

    def now(self) -> datetime:
        """Time of the call."""
        return datetime.fromtimestamp(determinism.now(), UTC)

    def active_cluster(self, name: str) -> Any:
        """Return a cluster that something can be started in."""
        cluster = self._get_cluster(name)
        if cluster.status != "ACTIVE":
            raise ECSException("ClusterNotFoundException", "The referenced cluster was inactive.")
        return cluster

    def active_definition(self, name: str) -> Any:
        """Return a task definition by ARN, `family:revision`, or family: then its newest active revision."""
        family = name.rpartition("/")[2]
        if ":" not in family:
            active = [item for item in self.task_definitions.get(family, {}).values() if item.status == "ACTIVE"]
            if not active:
                raise EcsClientException("TaskDefinition not found.")
            return max(active, key=lambda item: int(item.revision))
        definition = self.describe_task_definition(name)
        if definition.status != "ACTIVE":
            raise EcsClientException("TaskDefinition is inactive")
        return definition


def _capacity_provider(cluster: Any, properties: Properties) -> str | None:
    """Return the capacity provider that a request leads to, or None where it asks for Fargate itself."""
    launch_type = properties.get("launchType")
    if launch_type == "FARGATE":
        return None
    strategy = properties.get("capacityProviderStrategy") or cluster.default_capacity_provider_strategy
    if launch_type or not strategy:
        raise InvalidParameterException("No Container Instances were found in your cluster.")
    return str(strategy[0]["capacityProvider"])


def _platform(version: str | None) -> str:
    return "1.4.0" if version in (None, "LATEST") else str(version)


def _tags(definition: Any, properties: Properties) -> list[dict[str, str]]:
    inherited = definition.tags if properties.get("propagateTags") == "TASK_DEFINITION" else []
    return [*(properties.get("tags") or []), *(inherited or [])]


def _check_overrides(definition: Any, overrides: Properties) -> None:
    known = {container["name"] for container in definition.container_definitions}
    for override in overrides.get("containerOverrides", []):
        if override.get("name") not in known:
            raise InvalidParameterException(
                f"Override for container named {override.get('name')} is not a container in the TaskDefinition."
            )
