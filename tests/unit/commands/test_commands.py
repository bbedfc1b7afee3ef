"""Every command in a checkout whose lab is not up: those that need one say so, the others say what is there."""

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from mlops_lab.cli import app
from mlops_lab.errors import LabError

NEED_A_LAB = (
    ("predict", "income"),
    ("logs", "income"),
    ("plan",),
    ("apply",),
    ("outputs",),
    ("destroy",),
    ("models", "income"),
    ("promote", "income", "--why", "better"),
    ("rollback", "income", "--why", "worse"),
    ("retrain-task", "income"),
    ("report-task", "income"),
    ("reports", "income"),
    ("image", "income"),
    ("deploy", "income"),
    ("workflow", "train"),
    ("summary", "income"),
    ("live", "income"),
    ("load", "income"),
    ("predictions", "income"),
    ("dashboard", "income"),
    ("drift", "taxi"),
    ("traffic", "taxi", "--from", "2020-01"),
    ("loop", "taxi"),
    ("notices",),
    ("rotate", "api-key"),
    ("verify", "--week", "1"),
    ("report", "1"),
    ("release", "v1.0-infra", "--dry-run"),
    ("record",),
)


@pytest.fixture(autouse=True)
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty checkout whose ports nobody answers."""
    for name in ("infra", "notebooks", "reports"):
        (tmp_path / name).mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("LAB_CLOUD_PORT", str(free.getsockname()[1]))
    monkeypatch.setenv("TARGET", "local")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.mark.parametrize("words", NEED_A_LAB, ids=" ".join)
def test_a_command_that_needs_a_lab_says_that_none_is_up_and_what_starts_it(words: tuple[str, ...]):
    error = run(*words).exception

    assert isinstance(error, LabError)
    assert "make up" in str(error) or "make demo" in str(error)


def test_stopping_what_does_not_run_is_no_error(checkout: Path):
    assert run("down").exit_code == 0


def test_what_runs_nowhere_is_told_by_status(checkout: Path):
    done = run("status")

    assert done.exit_code == 0
    assert "make up" in done.output


@pytest.mark.parametrize("command", ["up", "down", "reset"])
def test_the_embedded_cloud_s_commands_are_refused_on_aws(command: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TARGET", "aws")

    assert "AWS is always up" in str(run(command).exception)


def test_a_site_of_nothing_verified_is_refused():
    assert "make verify" in str(run("site").exception)


def test_coverage_that_was_not_measured_is_refused():
    assert "make coverage" in str(run("coverage").exception)


def test_a_week_that_is_none_is_refused_before_anything_is_asked():
    assert run("week", "9").exit_code == 2
