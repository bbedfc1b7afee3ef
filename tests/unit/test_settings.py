import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlops_lab.errors import LabError
from mlops_lab.settings import Settings, read_settings


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch):
    for name in list(os.environ):
        if name.startswith(("LAB_", "AWS_")) or name in ("TARGET", "TF_PLUGIN_MIRROR"):
            monkeypatch.delenv(name)


def test_the_default_is_the_embedded_cloud_on_loopback():
    settings = read_settings()

    assert settings.endpoint_url == "http://127.0.0.1:4566"
    assert settings.balancer_url == "http://127.0.0.1:8080"


def test_on_aws_neither_endpoint_nor_balancer_is_fixed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TARGET", "aws")

    settings = read_settings()

    assert (settings.endpoint_url, settings.balancer_url) == (None, None)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("TARGET", "prod", "TARGET is 'prod'; use 'local' or 'aws'."),
        ("LAB_BALANCER_PORT", "0", "LAB_BALANCER_PORT is '0'; input should be greater than or equal to 1."),
        ("LAB_DRIVER", "podman", "LAB_DRIVER is 'podman'; use 'auto', 'docker' or 'process'."),
        ("LAB_BALANCR_PORT", "80", "LAB_BALANCR_PORT is not a setting of the lab"),
    ],
)
def test_a_bad_setting_is_named_with_its_value(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str):
    monkeypatch.setenv(name, value)

    with pytest.raises(LabError) as error:
        read_settings()

    assert str(error.value).startswith(message)


def test_a_user_sees_one_line_and_no_traceback():
    run = subprocess.run(
        [sys.executable, "-c", "from mlops_lab.cli import main; main()", "status"],
        env={"PATH": os.environ["PATH"], "TARGET": "prod"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert run.stderr == "error: TARGET is 'prod'; use 'local' or 'aws'.\n"


def test_settings_survive_the_way_into_another_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    settings = Settings(root=tmp_path, state=Path("s"), cloud_port=1234, driver="process", auto_approve=True)
    for name, value in settings.exported.items():
        monkeypatch.setenv(name, value)

    assert read_settings() == settings


def test_a_child_of_the_local_target_never_sees_the_caller_s_aws_account(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_PROFILE", "company")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")

    environment = read_settings().child_environment(EXTRA="1")

    assert "AWS_PROFILE" not in environment
    assert "AWS_SESSION_TOKEN" not in environment
    assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert environment["EXTRA"] == "1"


def test_a_child_of_the_aws_target_keeps_the_usual_chain(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TARGET", "aws")
    monkeypatch.setenv("AWS_PROFILE", "company")

    environment = read_settings().child_environment()

    assert environment["AWS_PROFILE"] == "company"
    assert "AWS_ENDPOINT_URL" not in environment
