"""What a container is created with: the pure part of the docker driver.

Network modes. A task is to be reached on a loopback port of this machine, and is to reach the AWS endpoint and the
credentials endpoint, which listen on loopback only.

- ``host``: an engine of this Linux. The container shares the machine's loopback; it is told its port in PORT and to
  listen on 127.0.0.1 in HOST. The environment needs no change. A task can have one port.
- ``bridge``: an engine in a virtual machine (Docker Desktop). Ports are published on 127.0.0.1, and the names below
  lead to the machine's loopback. URLs of loopback in the environment are rewritten to them. The AWS SDKs fetch task
  credentials over http only from loopback, ``localhost`` and three link-local addresses, so the name for these is
  ``localhost``: /etc/hosts gives it the machine as a further address, tried when the container's own loopback
  refuses. It follows that a container which connects to a closed port of its ``localhost`` reaches the machine's.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from mlops_lab.localcloud.driver import CannotStartError, Container

Network = Literal["host", "bridge"]
LOOPBACK = "127.0.0.1"
HOST_NAME = "host.docker.internal"
CREDENTIALS = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
LOOPBACK_URL = re.compile(r"(?<=://)(?:127\.0\.0\.1|localhost)(?=[:/]|$)")
PROCESSES = 512
CPU_PERIOD = 100_000  # microseconds
LOG = {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}


def reference(image: str, registries: Mapping[str, str]) -> str:
    """Return the image reference with the registry's host replaced by the one that answers for it here."""
    host, slash, rest = image.partition("/")
    return f"{registries.get(host, host)}{slash}{rest}"


def environment(container: Container, network: Network) -> dict[str, str]:
    """Return the container's variables, fitted to the network mode."""
    given = dict(container.environment)
    if network == "bridge":
        return {name: _reachable(name, value) for name, value in given.items()}
    if container.ports:
        given |= {"HOST": LOOPBACK, "PORT": str(_only_port(container))}
    return given


def host_config(container: Container, network: Network) -> dict[str, Any]:
    """Return limits, isolation and network as the Engine API names them (``HostConfig``)."""
    return {
        "LogConfig": LOG,
        "RestartPolicy": {"Name": "no"},
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "PidsLimit": PROCESSES,
        **_limits(container),
        "Binds": [f"{outside}:{inside}" for inside, outside in container.mounts.items()],
        **({"ReadonlyRootfs": True, "Tmpfs": {"/tmp": ""}} if container.read_only_root else {}),
        **(_bridge(container) if network == "bridge" else {"NetworkMode": "host"}),
    }


def _limits(container: Container) -> dict[str, Any]:
    limits: dict[str, Any] = {}
    if container.memory_mib is not None:
        memory = container.memory_mib * 2**20
        limits |= {"Memory": memory, "MemorySwap": memory}  # both together, so equal: no swap
    if container.cpu_units is not None:
        # A quota may exceed the machine's CPUs, as a large task on a laptop does; NanoCpus may not.
        limits |= {"CpuPeriod": CPU_PERIOD, "CpuQuota": max(1000, container.cpu_units * CPU_PERIOD // 1024)}
    return limits


def _bridge(container: Container) -> dict[str, Any]:
    return {
        "NetworkMode": "default",
        "ExtraHosts": [f"{HOST_NAME}:host-gateway", "localhost:host-gateway"],
        "PortBindings": {
            f"{inside}/tcp": [{"HostIp": LOOPBACK, "HostPort": str(outside)}]
            for inside, outside in container.ports.items()
        },
    }


def _reachable(name: str, value: str) -> str:
    return LOOPBACK_URL.sub("localhost" if name == CREDENTIALS else HOST_NAME, value)


def _only_port(container: Container) -> int:
    if len(container.ports) > 1:
        ports = ", ".join(map(str, container.ports))
        raise CannotStartError(
            f"CannotCreateContainerError: container ports {ports}: on this engine's host network a task can have one"
        )
    return next(iter(container.ports.values()))
