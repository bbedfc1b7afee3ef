import json
from concurrent.futures import Future
from pathlib import Path

import pytest
from rich.console import Console

from mlops_lab.errors import LabError
from mlops_lab.outcomes.outcome import (
    NotApplicableError,
    NotReachedError,
    Outcome,
    Result,
    failed,
    require,
    run,
    run_all,
    save,
    show,
)
from mlops_lab.settings import Settings

SETTINGS = Settings()


def outcome(check: object, number: str = "1.1") -> Outcome:
    return Outcome(number, "a title", check)


def raising(error: Exception):
    def check(settings: Settings) -> str:
        raise error

    return check


def test_a_check_that_returns_evidence_passes():
    result = run(outcome(lambda settings: "s3://bucket/key"), SETTINGS)

    assert (result.status, result.evidence) == ("pass", "s3://bucket/key")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (NotReachedError("seen otherwise"), "fail"),
        (LabError("seen otherwise"), "fail"),
        (KeyError("seen otherwise"), "fail"),
        (NotApplicableError("seen otherwise"), "not applicable"),
    ],
)
def test_a_check_that_cannot_say_yes_is_no_pass(error: Exception, status: str):
    result = run(outcome(raising(error)), SETTINGS)

    assert result.status == status
    assert "seen otherwise" in result.evidence


def test_a_check_without_evidence_has_failed():
    assert run(outcome(lambda settings: ""), SETTINGS).status == "fail"


def test_require_tells_what_was_seen():
    with pytest.raises(NotReachedError, match="the bucket is open"):
        require([], "the bucket is open")


def test_a_check_that_runs_already_is_not_run_again():
    known: Future[Result] = Future()
    known.set_result(Result("1.2", "a title", "fail", 1.0, "known"))

    results = run_all(
        [outcome(lambda settings: "new", "1.1"), outcome(raising(KeyError()), "1.2")], SETTINGS, {"1.2": known}
    )

    assert [(each.id, each.evidence) for each in results] == [("1.1", "new"), ("1.2", "known")]
    assert [each.id for each in failed(results)] == ["1.2"]


def test_results_of_one_week_keep_those_of_the_others(tmp_path: Path):
    path = tmp_path / "outcomes.json"
    save([Result("1.1", "a", "pass", 1.0, "x")], path, "local")

    save([Result("2.1", "b", "fail", 1.0, "y")], path, "local")

    assert [row["id"] for row in json.loads(path.read_text())["outcomes"]] == ["1.1", "2.1"]


def test_results_of_one_target_replace_those_of_the_other(tmp_path: Path):
    path = tmp_path / "outcomes.json"
    save([Result("1.1", "a", "pass", 1.0, "x")], path, "local")

    save([Result("1.2", "b", "pass", 1.0, "y")], path, "aws")

    kept = json.loads(path.read_text())
    assert (kept["target"], [row["id"] for row in kept["outcomes"]]) == ("aws", ["1.2"])


def test_the_table_shows_every_column():
    console = Console(record=True, width=120)

    show([Result("1.1", "init works", "not applicable", 2.5, "evidence")], console)

    text = console.export_text()
    assert all(part in text for part in ("1.1", "init works", "not applicable", "2.5", "evidence"))
