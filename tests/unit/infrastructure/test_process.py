from pathlib import Path

import pytest

from mlops_lab.errors import LabError
from mlops_lab.infrastructure.process import Process, failure, quoted


def terraform(tmp_path: Path, script: str) -> Process:
    """A process of a program that does what the script says."""
    program = tmp_path / "terraform"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Process(program, tmp_path, {"PATH": "/bin:/usr/bin"}, lambda command: tmp_path / "logs" / f"{command}.log")


ERROR = """echo '{"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "%s", "detail": "%s"}}'"""


def test_a_failure_quotes_terraform_and_names_the_log(tmp_path: Path) -> None:
    process = terraform(tmp_path, ERROR % ("creating VPC", "limit exceeded.") + "; exit 1")

    with pytest.raises(LabError) as error:
        process.stream("apply")

    log = tmp_path / "logs" / "apply.log"
    assert str(error.value) == f"terraform apply failed: creating VPC: limit exceeded; see {log}"
    assert "limit exceeded" in log.read_text()


def test_a_failure_of_many_names_the_first_and_counts_the_rest() -> None:
    assert "failed: one (and 2 more); see" in failure("apply", ["one", "two", "three"], Path("log"))


def test_a_state_that_is_locked_says_what_to_do() -> None:
    told = failure("plan", ["Error acquiring the state lock: Error message: PreconditionFailed"], Path("log"))

    assert "another Terraform run holds it" in told


def test_a_bucket_that_is_not_empty_says_which_variable_to_set() -> None:
    told = failure("destroy", ["deleting S3 Bucket (b): BucketNotEmpty"], Path("log"))

    assert "set force_destroy = true" in told


def test_a_process_that_dies_without_a_word_is_still_an_error(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="ended without an error message"):
        terraform(tmp_path, "exit 3").stream("apply")


def test_an_accepted_exit_code_is_returned(tmp_path: Path) -> None:
    code, _ = terraform(tmp_path, "exit 2").stream("plan", accepted=(0, 2))

    assert code == 2


def test_progress_is_said_while_the_process_runs(tmp_path: Path) -> None:
    said: list[str] = []
    line = '{"type": "change_summary", "changes": {"add": 1, "change": 0, "remove": 0, "operation": "plan"}}'
    quiet = terraform(tmp_path, f"echo '{line}'")

    Process(quiet.binary, quiet.module, quiet.environment, quiet.log, said.append).stream("plan")

    assert said == ["plan: 1 to add, 0 to change, 0 to destroy"]


def test_output_for_people_is_quoted_without_its_frame(tmp_path: Path) -> None:
    text = "╷\n│ Error: No state file was found!\n│ \n│ State management commands require one.\n╵\n"

    assert quoted(text) == ["No state file was found!"]
