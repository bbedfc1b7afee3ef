"""A scanner may be told to be silent only where somebody has said why."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
FILES = [
    path
    for path in sorted((ROOT / "infra").rglob("*"))
    if path.suffix in {".tf", ".Dockerfile"} or path.name == "Dockerfile"
]
SKIP = re.compile(r"#\s*checkov:skip=(CKV2?_[A-Z]+_\d+)(?::(.*))?")
ANY = re.compile(r"checkov:skip|hadolint\s+(?:global\s+)?ignore|--skip-check|soft-fail")
LEAST_WORDS = 5


def found(path: Path) -> list[tuple[str, str]]:
    return [(identity, (reason or "").strip()) for identity, reason in SKIP.findall(path.read_text())]


def test_there_is_something_to_look_at() -> None:
    assert any(found(path) for path in FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_suppression_has_a_reason_of_substance(path: Path) -> None:
    lacking = [identity for identity, reason in found(path) if len(reason.split()) < LEAST_WORDS]

    assert lacking == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_suppressed_in_another_way(path: Path) -> None:
    assert len(ANY.findall(path.read_text())) == len(found(path))


def test_the_scan_itself_leaves_no_check_out() -> None:
    recipe = (ROOT / "Makefile").read_text().partition("\nscan: ")[2].partition("\n\n")[0]

    assert "--framework terraform dockerfile" in recipe
    assert not re.search(r"--skip-check|--soft-fail|--check ", recipe)
