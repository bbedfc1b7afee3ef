"""From a task definition to containers that a driver can start. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlops_lab.localcloud.agent.observation import Json, Task
from mlops_lab.localcloud.driver import Container

DEFAULT_STOP_TIMEOUT = 30  # seconds, ECS's default


@dataclass(frozen=True)
class LogTarget:
    """Where a container's output goes (log driver ``awslogs``)."""

    group: str
    stream: str


def container_id(task: Task, name: str) -> str:
    """Id of a task's container, unique over all tasks."""
    return f"{task.id}-{name}"


def containers(
    task: Task,
    definition: Json,
    secrets: Mapping[str, Mapping[str, str]],
    ports: Mapping[tuple[str, int], int],
    injected: Mapping[str, str],
    volumes: Path,
) -> list[Container]:
    """Return the task's containers.

    Args:
        task: The task, with its overrides.
        definition: As DescribeTaskDefinition returns it.
        secrets: Container name -> variable -> value.
        ports: (container name, container port) -> port on loopback.
        injected: Variables that the agent adds (endpoint, credentials).
        volumes: Folder of the volumes that outlive their tasks.
    """
    return [
        replace(
            _container(task, definition, each, secrets.get(each["name"], {}), ports, injected),
            mounts=_mounts(definition, each, volumes),
        )
        for each in definition["containerDefinitions"]
    ]


def kept_volumes(definition: Json) -> set[str]:
    """Names of the volumes that outlive their tasks: ECS's Docker volumes of shared scope."""
    return {
        each["name"]
        for each in definition.get("volumes", [])
        if (each.get("dockerVolumeConfiguration") or {}).get("scope") == "shared"
    }


def port_mappings(definition: Json) -> list[tuple[str, int]]:
    """Every (container name, container port) of a task definition."""
    return [
        (each["name"], mapping["containerPort"])
        for each in definition["containerDefinitions"]
        for mapping in each.get("portMappings", [])
    ]


def essential(definition: Json) -> set[str]:
    """Names of the containers whose end is the end of the task."""
    return {each["name"] for each in definition["containerDefinitions"] if each.get("essential", True)}


def stop_timeout(definition: Json) -> int:
    """Seconds between SIGTERM and SIGKILL: the longest of the task's containers."""
    return max(each.get("stopTimeout") or DEFAULT_STOP_TIMEOUT for each in definition["containerDefinitions"])


def log_targets(task: Task, definition: Json) -> dict[str, LogTarget]:
    """Container id -> log group and stream, for the containers that use ``awslogs``."""
    targets = {}
    for each in definition["containerDefinitions"]:
        configuration = each.get("logConfiguration") or {}
        options = configuration.get("options") or {}
        if configuration.get("logDriver") == "awslogs" and "awslogs-group" in options:
            prefix = options.get("awslogs-stream-prefix")
            stream = f"{prefix}/{each['name']}/{task.id}" if prefix else task.id
            targets[container_id(task, each["name"])] = LogTarget(options["awslogs-group"], stream)
    return targets


def _container(
    task: Task,
    definition: Json,
    each: Json,
    secrets: Mapping[str, str],
    ports: Mapping[tuple[str, int], int],
    injected: Mapping[str, str],
) -> Container:
    override = _override(task, each["name"])
    declared = _variables(each.get("environment", [])) | _variables(override.get("environment", []))
    command = override.get("command") or each.get("command")
    return Container(
        id=container_id(task, each["name"]),
        image=each["image"],
        environment={**injected, **declared, **secrets},
        entry_point=tuple(each["entryPoint"]) if each.get("entryPoint") else None,
        command=tuple(command) if command else None,
        ports={port: ports[name, port] for name, port in port_mappings(definition) if name == each["name"]},
        memory_mib=_number(override.get("memory") or each.get("memory") or _task_size(task, definition, "memory")),
        cpu_units=_number(override.get("cpu") or each.get("cpu") or _task_size(task, definition, "cpu")),
        user=each.get("user"),
        read_only_root=bool(each.get("readonlyRootFilesystem")),
    )


def _mounts(definition: Json, each: Json, volumes: Path) -> dict[str, Path]:
    kept = kept_volumes(definition)
    return {
        mount["containerPath"]: volumes / mount["sourceVolume"]
        for mount in each.get("mountPoints", [])
        if mount["sourceVolume"] in kept
    }


def _override(task: Task, name: str) -> Json:
    overrides = task.overrides.get("containerOverrides") or []
    return next((each for each in overrides if each.get("name") == name), {})


def _variables(items: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {item["name"]: item["value"] for item in items}


def _task_size(task: Task, definition: Json, key: str) -> Any:
    return task.overrides.get(key) or definition.get(key)


def _number(value: Any) -> int | None:
    return int(value) if value else None
