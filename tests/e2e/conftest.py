"""A new user's checkout: `mlops-lab demo` in a copy of the working tree, on free ports, with a state of its own."""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from mlops_lab.cloud import api
from mlops_lab.cloud.session import client
from mlops_lab.settings import Settings

ROOT = Path(__file__).parents[2]
DEMO_SECONDS = 900


@dataclass(frozen=True)
class Lab:
    """The running lab of these tests."""

    settings: Settings
    environment: dict[str, str]
    said: str  # what the demo printed

    def run(self, *command: str, timeout: float = 300) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-c", "from mlops_lab.cli import main; main()", *command],
            cwd=self.settings.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def client(self, service: str) -> Any:
        return client(self.settings, service)

    def post(self, body: object, key: str | None = None) -> httpx.Response:
        headers = {"x-api-key": api.api_key(self.settings) if key is None else key}
        return httpx.post(f"{self.settings.balancer_url}/income/predict", json=body, headers=headers, timeout=10)

    @property
    def outcomes(self) -> dict[str, dict[str, Any]]:
        rows = json.loads((self.settings.root / "reports" / "outcomes.json").read_text())["outcomes"]
        return {row["id"]: row for row in rows}


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("checkout")
    _copy(root)
    _commit(root)
    names = ("LAB_CLOUD_PORT", "LAB_BALANCER_PORT", "LAB_MLFLOW_PORT", "LAB_REGISTRY_PORT")
    ports = dict(zip(names, _free_ports(len(names)), strict=True))
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LAB_", "AWS_"))}
    environment |= {name: str(port) for name, port in ports.items()} | {"TARGET": "local"}
    settings = Settings(root=root, **{name.removeprefix("LAB_").lower(): port for name, port in ports.items()})
    here = Lab(settings, environment, "")
    try:
        demo = here.run("demo", timeout=DEMO_SECONDS)
        assert demo.returncode == 0, demo.stdout[-6000:] + demo.stderr[-2000:]
        yield Lab(settings, environment, demo.stdout)
    finally:
        here.run("down")


def _copy(root: Path) -> None:
    """Copy what git would: tracked files as they are now, and new ones that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)


def _commit(root: Path) -> None:
    """Make the copy a repository of one commit, as a clone would be one of many."""
    author = ("-c", "user.name=e2e", "-c", "user.email=e2e@example.invalid")
    for command in (("init", "--quiet"), ("add", "--all"), (*author, "commit", "--quiet", "--message", "A checkout")):
        subprocess.run(["git", *command], cwd=root, check=True)


def _free_ports(count: int) -> list[int]:
    held = [socket.socket() for _ in range(count)]
    for listener in held:
        listener.bind(("127.0.0.1", 0))
    ports = [listener.getsockname()[1] for listener in held]
    for listener in held:
        listener.close()
    return ports
