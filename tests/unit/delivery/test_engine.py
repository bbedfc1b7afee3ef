import json
import stat
from pathlib import Path

import pytest

from mlops_lab.delivery import engine as module
from mlops_lab.delivery.engine import Engine, choose_engine, find_engine
from mlops_lab.errors import LabError

ANSWERS = """#!/bin/sh
case "$1" in
info) echo '{information}' ;;
context) echo unix:///somewhere/docker.sock ;;
network) printf '%s\\n' {networks} ;;
esac
"""


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing but what the test puts there, and the shell's own programs."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    (tmp_path / "docker").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "docker").chmod(stat.S_IRWXU)
    return tmp_path


def answering(path: Path, networks: str = "bridge host none", **information: str) -> None:
    text = ANSWERS.replace("{information}", json.dumps(information)).replace("{networks}", networks)
    (path / "docker").write_text(text)


def test_an_engine_that_answers_is_found_where_the_client_looks(path: Path):
    answering(path, ServerVersion="28.1", OperatingSystem="Debian")

    assert find_engine() == Engine("unix:///somewhere/docker.sock", "28.1", "Debian", has_default_network=True)


def test_a_client_without_an_engine_is_none(path: Path):
    assert find_engine() is None


def test_a_client_that_answers_without_a_server_is_none(path: Path):
    answering(path, ServerVersion="")

    assert find_engine() is None


def test_an_engine_that_does_not_answer_in_time_is_none(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "PROBE_SECONDS", 0.1)
    (path / "docker").write_text("#!/bin/sh\nexec sleep 30\n")

    assert find_engine() is None


def test_without_a_client_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("PATH", str(tmp_path))

    assert find_engine() is None


def test_an_engine_without_the_default_network_builds_on_the_host_s(path: Path):
    answering(path, networks="host none", ServerVersion="28.1")

    found = find_engine()

    assert found is not None
    assert found.build_options == ("--network", "host")


def test_the_process_driver_asks_no_engine(path: Path):
    answering(path, ServerVersion="28.1")

    assert choose_engine("process") is None
    assert choose_engine("auto") is not None


def test_the_docker_driver_without_an_engine_is_an_error(path: Path):
    with pytest.raises(LabError, match="LAB_DRIVER is 'docker'"):
        choose_engine("docker")

    assert choose_engine("auto") is None


@pytest.mark.parametrize(
    ("platform", "system", "network"),
    [("linux", "Debian GNU/Linux 12", "host"), ("linux", "Docker Desktop", "bridge"), ("darwin", "Alpine", "bridge")],
)
def test_only_an_engine_of_this_linux_shares_its_loopback(
    platform: str, system: str, network: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("sys.platform", platform)

    assert Engine("unix:///s", "1", system, has_default_network=True).network == network


@pytest.mark.parametrize(
    ("endpoint", "is_local"),
    [
        ("unix:///var/run/docker.sock", True),
        ("npipe:////./pipe/docker_engine", True),
        ("tcp://127.0.0.1:2375", True),
        ("tcp://build.example.com:2376", False),
        ("ssh://me@example.com", False),
    ],
)
def test_an_engine_on_another_machine_is_not_local(endpoint: str, is_local: bool):
    assert Engine(endpoint, "1", "", has_default_network=True).is_local is is_local
