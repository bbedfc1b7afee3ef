"""The registry's binary; it needs no container engine."""

import os
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_lab.localcloud.registry import BINARIES, Registry
from mlops_lab.localcloud.registry_process import RegistryProcess

BINARY = next((found for name in BINARIES if (found := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(BINARY is None, reason="no registry binary on PATH")


@pytest.fixture
def port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture
def registry(tmp_path: Path, port: int) -> Iterator[Registry]:
    registry = restarted(tmp_path, port)
    yield registry
    registry.stop()


def restarted(folder: Path, port: int) -> Registry:
    """The registry as another process sees it."""
    assert BINARY is not None
    return Registry(port, RegistryProcess(BINARY, folder, f"127.0.0.1:{port}"))


def test_it_outlives_whoever_started_it_and_is_adopted(registry: Registry, tmp_path: Path, port: int):
    registry.start()
    pid = (tmp_path / "pid").read_text()

    again = restarted(tmp_path, port)
    again.start()

    assert again.is_running
    assert (tmp_path / "pid").read_text() == pid


def test_it_is_started_again_after_it_was_killed(registry: Registry, tmp_path: Path, port: int):
    registry.start()
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    deadline = time.monotonic() + 10
    while registry.is_running:
        assert time.monotonic() < deadline

    restarted(tmp_path, port).start()

    assert registry.is_running


def test_a_stopped_one_is_gone_and_stopping_again_is_no_error(registry: Registry):
    registry.start()

    registry.stop()
    registry.stop()

    assert not registry.is_running


def test_a_pid_that_another_process_has_now_is_not_taken_for_it(registry: Registry, tmp_path: Path):
    (tmp_path / "pid").write_text(str(os.getpid()))

    registry.stop()

    assert not registry.is_running
