"""Moto's ECS backend with services of its own, and with clusters that know what is in them."""

from collections.abc import Iterator
from typing import Any

from moto.core.resource_tagging import TaggedResource
from moto.ec2 import ec2_backends
from moto.ecs.exceptions import ECSException, InvalidParameterException, ServiceNotFoundException
from moto.moto_api._internal import mock_random

from mlops_lab.localcloud.plane.extension.ecs.network import subnet
from mlops_lab.localcloud.plane.extension.ecs.service import DEPLOYMENT_CONFIGURATION, SETTINGS, Service
from mlops_lab.localcloud.plane.extension.ecs.task import STATES, Task
from mlops_lab.localcloud.plane.extension.ecs.tasks import Properties, TaskBackend


class EcsBackend(TaskBackend):
    """Services whose counts and deployments are their tasks."""

    services: dict[str, Service]  # by "<cluster>:<service>"

    def describe_task_definition(self, task_definition_str: str) -> Any:
        """Return a task definition; a family alone means its latest active revision, where moto means its latest."""
        family = task_definition_str.rpartition("/")[2]
        known = self.task_definitions.get(family, {})
        active = [revision for revision, each in known.items() if each.status == "ACTIVE"]
        if active:
            return known[max(active)]
        return super().describe_task_definition(task_definition_str)

    def tasks_of(self, service: Service) -> list[Task]:
        """Return a service's tasks, stopped ones included."""
        return [task for task in self.cluster_tasks(service.cluster_name) if task.group == service.group]

    def run(self, properties: Properties) -> list[Task]:
        """Create tasks; those of a service carry its tags where it propagates them."""
        created = super().run(properties)
        for task in created:
            service = self.services.get(f"{task.cluster_name}:{task.group.removeprefix('service:')}")
            if service and task.group == service.group and service.settings.get("propagateTags") == "SERVICE":
                task.tags = [*task.tags, *service.tags]
        return created

    def settle(self, task: Task) -> None:
        """Let the task's service draw the consequences of its change."""
        service = self.services.get(f"{task.cluster_name}:{task.group.removeprefix('service:')}")
        if service is not None and task.group == service.group:
            service.settle(self.tasks_of(service), self.now())

    def new_service(self, properties: Properties) -> Service:
        """Create a service with its first deployment; its scheduler starts the tasks."""
        cluster = self.active_cluster(properties.get("cluster", "default"))
        key = f"{cluster.name}:{properties['serviceName']}"
        _check_replaceable(self.services.get(key))
        service = Service(
            arn=self.arn_of("service", f"{cluster.name}/{properties['serviceName']}"),
            name=properties["serviceName"],
            cluster_name=cluster.name,
            cluster_arn=cluster.arn,
            task_definition="",
            desired_count=0,
            created_at=self.now(),
            settings=SETTINGS | {"deploymentConfiguration": DEPLOYMENT_CONFIGURATION},
            deployment_controller=properties.get("deploymentController") or {"type": "ECS"},
            scheduling_strategy=properties.get("schedulingStrategy") or "REPLICA",
            role_arn=properties.get("role"),
            tags=list(properties.get("tags") or []),
        )
        self._change(service, _with_defaults(properties))
        self.services[key] = service
        return service

    def change_service(self, properties: Properties) -> Service:
        """Update a service, with a new deployment where one is needed."""
        service = self.service(properties)
        if service.is_deleted:
            raise ECSException("ServiceNotActiveException", "Service was not ACTIVE.")
        self._change(service, properties)
        return service

    def _change(self, service: Service, properties: Properties) -> None:
        changes = dict(properties)
        if named := properties.get("taskDefinition"):
            changes["taskDefinition"] = self.active_definition(named).arn
        if network := changes.get("networkConfiguration"):
            for name in network["awsvpcConfiguration"]["subnets"]:
                subnet(ec2_backends[self.account_id][self.region_name], name)
        if service.change(changes):
            service.deploy(f"ecs-svc/{mock_random.randint(10**18, 10**19 - 1)}", self.now())
        service.settle(self.tasks_of(service), self.now())

    def end_service(self, properties: Properties) -> Service:
        """Delete a service: DRAINING while it has tasks, then INACTIVE."""
        service = self.service(properties)
        if service.desired_count > 0 and not properties.get("force"):
            raise InvalidParameterException("The service cannot be stopped while it is scaled above 0.")
        service.is_deleted = True
        service.desired_count = 0
        service.settle(self.tasks_of(service), self.now())
        return service

    def service(self, properties: Properties) -> Service:
        """Return the service that a request names."""
        cluster = self._get_cluster(properties.get("cluster", "default"))
        found = self.services.get(f"{cluster.name}:{properties['service'].rpartition('/')[2]}")
        if found is None or found.status == "INACTIVE":
            raise ServiceNotFoundException()
        return found

    def list_services(
        self, cluster_str: str, scheduling_strategy: str | None = None, launch_type: str | None = None
    ) -> list[str]:
        """Return the ARNs of the services that are not INACTIVE."""
        cluster = self._get_cluster(cluster_str)
        return sorted(
            service.arn
            for service in self.services.values()
            if service.cluster_name == cluster.name
            and service.status != "INACTIVE"
            and scheduling_strategy in (None, service.scheduling_strategy)
            and launch_type in (None, service.launch_type)
        )

    def list_clusters(self) -> list[str]:
        """Return the ARNs of the active clusters."""
        return [cluster.arn for cluster in self.clusters.values() if cluster.status == "ACTIVE"]

    def describe_clusters(self, cluster_names: list[str]) -> tuple[list[Any], list[Any]]:
        """Return clusters with the counts that their services and tasks give."""
        clusters, failures = super().describe_clusters(cluster_names)
        for cluster in clusters:
            tasks = self.cluster_tasks(cluster.name)
            cluster.active_services_count = len(self.list_services(cluster.name))
            cluster.running_tasks_count = sum(task.last_status == "RUNNING" for task in tasks)
            cluster.pending_tasks_count = sum(task.last_status in STATES[:3] for task in tasks)
        return clusters, failures

    def delete_cluster(self, cluster_str: str) -> Any:
        """Delete a cluster that has no services and no tasks."""
        if self.list_services(cluster_str):
            raise ECSException(
                "ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active."
            )
        if not all(task.is_stopped for task in self.cluster_tasks(cluster_str)):
            raise ECSException("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
        return super().delete_cluster(cluster_str)

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """Yield what exists: not what was deleted and is only remembered."""
        gone = {service.arn for service in self.services.values() if service.status == "INACTIVE"}
        gone |= {cluster.arn for cluster in self.clusters.values() if cluster.status == "INACTIVE"}
        gone |= {task.task_arn for task in self.list_tasks() if task.is_stopped}
        revisions = (revision for family in self.task_definitions.values() for revision in family.values())
        gone |= {task.task_arn for task in self.list_tasks() if task.is_stopped}
        gone |= {revision.arn for revision in revisions if revision.status == "INACTIVE"}
        return (resource for resource in super().iter_tagged_resources() if resource.arn not in gone)


def _check_replaceable(existing: Service | None) -> None:
    if existing is not None and existing.status == "ACTIVE":
        raise InvalidParameterException("Creation of service was not idempotent.")
    if existing is not None and existing.status == "DRAINING":
        raise InvalidParameterException("Unable to Start a service that is still Draining.")


def _with_defaults(properties: Properties) -> Properties:
    """Add what AWS adds: a launch type without a capacity provider strategy, a platform version on Fargate."""
    if properties.get("capacityProviderStrategy"):
        return {"platformVersion": "LATEST", **properties}
    launch_type = properties.get("launchType") or "EC2"
    platform = {"platformVersion": "LATEST"} if launch_type == "FARGATE" else {}
    return {**platform, **properties, "launchType": launch_type}
