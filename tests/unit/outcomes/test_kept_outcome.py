"""An outcome that the checkout alone decides is checked again only when a source has changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mlops_lab.errors import LabError
from mlops_lab.outcomes.kept import fingerprint, seen_once
from mlops_lab.outcomes.outcome import Outcome, Result
from mlops_lab.settings import Settings


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("infra/main.tf", "src/lab/module.py", "requirements.lock", "README.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.fixture
def check(checkout: Path) -> Callable[..., Result]:
    """Check an outcome whose evidence counts how often it was looked at, or that fails."""
    looked: list[int] = []

    def look(settings: Settings) -> str:
        looked.append(1)
        return f"looked {len(looked)} times"

    def fail(settings: Settings) -> str:
        raise LabError("no")

    settings = Settings(root=checkout)
    return lambda fails=False: seen_once(Outcome("1.6", "comes and goes", fail if fails else look), settings)


def test_what_held_is_not_looked_at_again_and_says_since_when(check: Callable[..., Result]):
    first, again = check(), check()

    assert (first.status, first.evidence, again.status) == ("pass", "looked 1 times", "pass")
    assert again.evidence.startswith("looked 1 times (seen 20")
    assert again.evidence.endswith("UTC, no source changed since)")


@pytest.mark.parametrize("source", ["infra/main.tf", "src/lab/module.py", "requirements.lock", "infra/new.tf"])
def test_a_source_that_changed_is_reason_to_look_again(check: Callable[..., Result], checkout: Path, source: str):
    check()
    (checkout / source).write_text("changed")

    assert check().evidence == "looked 2 times"


def test_what_failed_is_looked_at_again(check: Callable[..., Result], checkout: Path):
    check()
    (checkout / "requirements.lock").write_text("changed")

    assert check(fails=True).status == "fail"
    assert check().evidence == "looked 2 times"


def test_documents_and_byte_code_are_no_sources(checkout: Path):
    before = fingerprint(checkout)
    (checkout / "README.md").write_text("changed")
    (checkout / "src" / "lab" / "__pycache__").mkdir()
    (checkout / "src" / "lab" / "__pycache__" / "module.pyc").write_text("compiled")

    assert fingerprint(checkout) == before
