"""A control plane in a process of its own, which can be killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config


class Plane:
    """Starts and ends the process; clients follow it to its new port."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.url = ""
        self._session = boto3.Session()  # reads the services' models once
        self._process: subprocess.Popen[str] | None = None

    def start(self, *options: str, program: tuple[str, ...] = ("-m", "mlops_lab.localcloud.plane")) -> "Plane":
        command = [sys.executable, *program, "--state-dir", str(self.state), "--port", "0", *options]
        with (self.state.parent / "plane.log").open("a") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        assert self.url, (self.state.parent / "plane.log").read_text()
        return self

    def kill(self) -> "Plane":
        """End it at once, whatever it is doing."""
        return self._end(signal.SIGKILL)

    def stop(self) -> "Plane":
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> "Plane":
        if self._process is not None:
            os.kill(self._process.pid, number)
            self._process.communicate(timeout=60)
            self._process = None
        return self

    def client(self, service: str, access_key: str = "123456789012", token: str | None = None) -> Any:
        return self._session.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id=access_key,
            aws_secret_access_key="local",
            aws_session_token=token,
            config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
        )

    def network(self) -> dict[str, Any]:
        """Create a VPC with two subnets and a security group."""
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.7.{n}.0/24", AvailabilityZone=zone)["Subnet"]["SubnetId"]
            for n, zone in enumerate(("us-east-1a", "us-east-1b"))
        ]
        group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=vpc)["GroupId"]
        return {"vpc": vpc, "subnets": subnets, "group": group}


@pytest.fixture
def idle_plane(tmp_path: Path) -> Iterator[Plane]:
    """A plane that has not been started."""
    plane = Plane(tmp_path / "state")
    yield plane
    plane.kill()


@pytest.fixture
def plane(idle_plane: Plane) -> Plane:
    return idle_plane.start()


@pytest.fixture(scope="module")
def shared_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plane]:
    """One plane for the tests of a module that do not end it."""
    plane = Plane(tmp_path_factory.mktemp("plane") / "state").start()
    yield plane
    plane.kill()
