"""What the control plane wants and holds, as frozen values read through public AWS APIs."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Clients = Callable[[str], Any]  # service name -> boto3 client
Json = Mapping[str, Any]


@dataclass(frozen=True)
class LoadBalancing:
    """Which port of which container a service puts into which target group."""

    target_group: str
    container: str
    port: int


@dataclass(frozen=True)
class Service:
    """An ECS service and its newest deployment."""

    cluster: str
    name: str
    desired: int
    task_definition: str
    deployment: str
    previous: str | None  # task definition of the newest older deployment that still has tasks
    network: Json
    minimum_percent: int
    maximum_percent: int
    circuit_breaker: bool
    grace_seconds: int
    load_balancing: tuple[LoadBalancing, ...]
    propagate_tags: str


@dataclass(frozen=True)
class Task:
    """An ECS task."""

    cluster: str
    arn: str
    definition: str
    group: str
    started_by: str
    desired: str
    last: str
    stop_code: str | None
    stopped_reason: str | None
    created_at: datetime
    started_at: datetime | None
    stopped_at: datetime | None
    overrides: Json
    ports: Mapping[tuple[str, int], int]  # (container, container port) -> host port

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.arn.rpartition("/")[2]

    @property
    def is_wanted(self) -> bool:
        """Whether it should run and is not over."""
        return self.desired == "RUNNING" and self.last != "STOPPED"


@dataclass(frozen=True)
class World:
    """One reading of ECS."""

    services: tuple[Service, ...]
    tasks: tuple[Task, ...]

    def tasks_of(self, service: Service) -> list[Task]:
        """All tasks of a service, stopped ones included."""
        group = f"service:{service.name}"
        return [task for task in self.tasks if task.cluster == service.cluster and task.group == group]


def observe(ecs: Any) -> World:
    """Read every cluster's services and tasks."""
    services: list[Service] = []
    tasks: list[Task] = []
    for cluster in _all(ecs, "list_clusters", "clusterArns"):
        services += _services(ecs, cluster)
        tasks += _tasks(ecs, cluster)
    return World(tuple(services), tuple(tasks))


def _services(ecs: Any, cluster: str) -> Iterator[Service]:
    arns = list(_all(ecs, "list_services", "serviceArns", cluster=cluster))
    for start in range(0, len(arns), 10):
        answer = ecs.describe_services(cluster=cluster, services=arns[start : start + 10])
        yield from (_service(cluster, item) for item in answer["services"] if item["status"] == "ACTIVE")


def _tasks(ecs: Any, cluster: str) -> Iterator[Task]:
    arns = [
        arn
        for desired in ("RUNNING", "STOPPED")
        for arn in _all(ecs, "list_tasks", "taskArns", cluster=cluster, desiredStatus=desired)
    ]
    for start in range(0, len(arns), 100):
        answer = ecs.describe_tasks(cluster=cluster, tasks=arns[start : start + 100])
        yield from (_task(cluster, item) for item in answer["tasks"])


def _all(client: Any, operation: str, key: str, **arguments: str) -> Iterator[str]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[key]


def _service(cluster: str, item: Json) -> Service:
    configuration = item.get("deploymentConfiguration") or {}
    older = [deployment for deployment in item["deployments"] if deployment["status"] != "PRIMARY"]
    return Service(
        cluster=cluster,
        name=item["serviceName"],
        desired=item["desiredCount"],
        task_definition=item["taskDefinition"],
        deployment=next(each["id"] for each in item["deployments"] if each["status"] == "PRIMARY"),
        previous=older[0]["taskDefinition"] if older else None,
        network=item.get("networkConfiguration") or {},
        minimum_percent=configuration.get("minimumHealthyPercent", 100),
        maximum_percent=configuration.get("maximumPercent", 200),
        circuit_breaker=(configuration.get("deploymentCircuitBreaker") or {}).get("rollback", False),
        grace_seconds=item.get("healthCheckGracePeriodSeconds") or 0,
        load_balancing=tuple(
            LoadBalancing(each["targetGroupArn"], each["containerName"], each["containerPort"])
            for each in item.get("loadBalancers", [])
        ),
        propagate_tags=item.get("propagateTags") or "NONE",
    )


def _task(cluster: str, item: Json) -> Task:
    return Task(
        cluster=cluster,
        arn=item["taskArn"],
        definition=item["taskDefinitionArn"],
        group=item.get("group", ""),
        started_by=item.get("startedBy", ""),
        desired=item["desiredStatus"],
        last=item["lastStatus"],
        stop_code=item.get("stopCode"),
        stopped_reason=item.get("stoppedReason"),
        created_at=item["createdAt"],
        started_at=item.get("startedAt"),
        stopped_at=item.get("stoppedAt"),
        overrides=item.get("overrides") or {},
        ports={
            (container["name"], binding["containerPort"]): binding["hostPort"]
            for container in item["containers"]
            for binding in container.get("networkBindings") or []
        },
    )
