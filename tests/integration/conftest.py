"""An embedded cloud of its own for each module that asks for one: free ports, a temporary folder."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_lab.localcloud import control
from mlops_lab.settings import Settings


def free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    for listener in held:
        listener.bind(("127.0.0.1", 0))
    ports = [listener.getsockname()[1] for listener in held]
    for listener in held:
        listener.close()
    return ports


@pytest.fixture
def cloud_settings(tmp_path: Path) -> Settings:
    cloud, balancer, mlflow = free_ports(3)
    return Settings(
        root=tmp_path,
        state=Path("state"),
        cloud_port=cloud,
        balancer_port=balancer,
        mlflow_port=mlflow,
        driver="process",
    )


@pytest.fixture
def cloud(cloud_settings: Settings) -> Iterator[Settings]:
    """A running embedded cloud; it is stopped whatever the test did to it."""
    control.up(cloud_settings)
    yield cloud_settings
    control.down(cloud_settings)
