"""An ECS task and its life: it changes state only when a client or the agent says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from mlops_lab.localcloud.plane.extension.ecs.describe import without_none

REMEMBERED = timedelta(hours=1)  # how long ECS shows a stopped task
STATES = (
    "PROVISIONING",
    "PENDING",
    "ACTIVATING",
    "RUNNING",
    "DEACTIVATING",
    "STOPPING",
    "DEPROVISIONING",
    "STOPPED",
)
Json = dict[str, Any]


@dataclass
class Container:
    """A container of a task, as its agent reports it."""

    arn: str
    name: str
    image: str
    cpu: int = 0
    memory: int | None = None
    memory_reservation: int | None = None
    last_status: str = "PENDING"
    exit_code: int | None = None
    reason: str | None = None
    runtime_id: str | None = None
    image_digest: str | None = None
    network_bindings: list[Json] = field(default_factory=list)

    def apply(self, change: Mapping[str, Any]) -> None:
        """Take over a ContainerStateChange; what it does not mention stays."""
        self.last_status = change.get("status", self.last_status)
        self.exit_code = change.get("exitCode", self.exit_code)
        self.reason = change.get("reason", self.reason)
        self.runtime_id = change.get("runtimeId", self.runtime_id)
        self.image_digest = change.get("imageDigest", self.image_digest)
        self.network_bindings = change.get("networkBindings", self.network_bindings)

    def describe(self, task_arn: str, interfaces: list[Json]) -> Json:
        """Return the container as the API shows it."""
        return without_none(
            containerArn=self.arn,
            taskArn=task_arn,
            name=self.name,
            image=self.image,
            imageDigest=self.image_digest,
            runtimeId=self.runtime_id,
            lastStatus=self.last_status,
            exitCode=self.exit_code,
            reason=self.reason,
            networkBindings=self.network_bindings,
            networkInterfaces=interfaces,
            healthStatus="UNKNOWN",
            cpu=str(self.cpu),
            memory=_text(self.memory),
            memoryReservation=_text(self.memory_reservation),
        )


@dataclass
class Task:
    """A task; moto's tables and tagging know `task_arn`, `tags` and the cluster's names."""

    task_arn: str
    cluster_name: str
    cluster_arn: str
    task_definition_arn: str
    family: str
    group: str
    started_by: str
    created_at: datetime
    containers: list[Container]
    cpu: str | None = None
    memory: str | None = None
    launch_type: str = "FARGATE"
    capacity_provider_name: str | None = None
    platform_version: str | None = None
    availability_zone: str | None = None
    enable_execute_command: bool = False
    overrides: Json = field(default_factory=dict)
    attachments: list[Json] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    desired_status: str = "RUNNING"
    last_status: str = "PROVISIONING"
    stop_code: str | None = None
    stopped_reason: str | None = None
    times: dict[str, datetime] = field(default_factory=dict)  # by the API's names: startedAt, stoppedAt, ...
    version: int = 1

    @property
    def id(self) -> str:
        """The last part of the ARN."""
        return self.task_arn.rpartition("/")[2]

    @property
    def is_stopped(self) -> bool:
        """Whether its life is over."""
        return self.last_status == "STOPPED"

    @property
    def has_failed(self) -> bool:
        """Whether it ended by itself."""
        return self.stop_code in {"TaskFailedToStart", "EssentialContainerExited"}

    def is_forgotten(self, now: datetime) -> bool:
        """Whether it stopped so long ago that ECS shows it no more."""
        return "stoppedAt" in self.times and now - self.times["stoppedAt"] > REMEMBERED

    def stop(self, reason: str | None, now: datetime) -> None:
        """Ask for its end; the agent makes it true."""
        if self.desired_status == "STOPPED":
            return
        self.desired_status = "STOPPED"
        self.stopped_reason = reason or "Task stopped by user"
        self.stop_code = "UserInitiated"
        self.times["stoppingAt"] = now
        self.version += 1

    def apply(self, change: Mapping[str, Any], now: datetime) -> None:
        """Take over a SubmitTaskStateChange; nothing changes any more once the task has stopped."""
        if self.is_stopped:
            return
        for name in ("pullStartedAt", "pullStoppedAt", "executionStoppedAt"):
            if name in change:
                self.times[name] = change[name]
        by_name = {container.name: container for container in self.containers}
        for each in change.get("containers", []):
            by_name[each["containerName"]].apply(each)
        if status := change.get("status"):
            self._become(status, change.get("reason"), now)
        self.version += 1

    def _become(self, status: str, reason: str | None, now: datetime) -> None:
        if STATES.index(status) < STATES.index(self.last_status):
            return
        self.last_status = status
        if status == "RUNNING":
            self.times.setdefault("startedAt", now)
            self.times.setdefault("connectivityAt", now)
        if status == "STOPPED":
            self._end(reason, now)

    def _end(self, reason: str | None, now: datetime) -> None:
        self.desired_status = "STOPPED"
        started = "startedAt" in self.times
        self.stop_code = self.stop_code or ("EssentialContainerExited" if started else "TaskFailedToStart")
        self.stopped_reason = self.stopped_reason or reason or "Essential container in task exited"
        self.times.setdefault("stoppingAt", now)
        self.times.setdefault("executionStoppedAt", now)
        self.times["stoppedAt"] = now
        for container in self.containers:
            container.last_status = "STOPPED"
        for attachment in self.attachments:
            attachment["status"] = "DELETED"

    def describe(self, with_tags: bool) -> Json:
        """Return the task as the API shows it."""
        interfaces = [_interface(attachment) for attachment in self.attachments]
        return without_none(
            taskArn=self.task_arn,
            clusterArn=self.cluster_arn,
            taskDefinitionArn=self.task_definition_arn,
            group=self.group,
            startedBy=self.started_by or None,
            createdAt=self.created_at,
            desiredStatus=self.desired_status,
            lastStatus=self.last_status,
            stopCode=self.stop_code,
            stoppedReason=self.stopped_reason,
            healthStatus="UNKNOWN",
            connectivity="CONNECTED" if "connectivityAt" in self.times else None,
            overrides={"containerOverrides": [], "inferenceAcceleratorOverrides": [], **self.overrides},
            attachments=self.attachments,
            containers=[container.describe(self.task_arn, interfaces) for container in self.containers],
            tags=self.tags if with_tags else None,
            version=self.version,
            **self._place(),
            **self.times,
        )

    def _place(self) -> Json:
        """Where it runs, and how much of it."""
        return {
            "cpu": self.cpu,
            "memory": self.memory,
            "launchType": None if self.capacity_provider_name else self.launch_type,
            "capacityProviderName": self.capacity_provider_name,
            "platformVersion": self.platform_version,
            "platformFamily": "Linux",
            "availabilityZone": self.availability_zone,
            "enableExecuteCommand": self.enable_execute_command,
        }


def _interface(attachment: Json) -> Json:
    details = {detail["name"]: detail["value"] for detail in attachment["details"]}
    return {"attachmentId": attachment["id"], "privateIpv4Address": details["privateIPv4Address"]}


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
