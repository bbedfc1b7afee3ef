"""Releases in git repositories of their own."""

import json
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlops_lab.delivery.release import OUTCOMES, milestone, release, verify_anew
from mlops_lab.delivery.repository import Repository, uninterrupted
from mlops_lab.errors import LabError
from mlops_lab.outcomes.outcome import Result
from mlops_lab.settings import Settings

VERSION = "v1.0-infra"


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(root: Path, subject: str, **files: str) -> None:
    for name, content in files.items():
        (root / name).write_text(content)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", subject)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    root = tmp_path / "checkout"
    (root / "reports").mkdir(parents=True)
    git(root, "init", "--quiet", "--initial-branch", "main")
    git(root, "config", "user.name", "Somebody")
    git(root, "config", "user.email", "somebody@example.com")
    (root / "reports" / "outcomes.json").write_text('{"target": "local", "outcomes": []}\n')
    (root / ".gitignore").write_text(".lab/\n")
    commit(root, "Lay out the lab", README="a lab")
    commit(root, "Add the embedded cloud", CLOUD="a cloud")
    return Settings(root=root)


def results(checked: Sequence[int]) -> list[Result]:
    ids = [f"{week}.{number}" for week in checked for number in range(1, OUTCOMES[week] + 1)]
    return [Result(key, f"outcome {key}", "pass", 1.0, "seen anew") for key in ids]


def passing(settings: Settings, checked: Sequence[int]) -> list[Result]:
    return results(checked)


def make(settings: Settings, version: str = VERSION, **options: Any) -> Any:
    options = {"dry_run": False, "verify": passing, "say": lambda text: None} | options
    return release(version, settings, **options)


def state(root: Path) -> tuple[str, ...]:
    """Everything that a release might leave: branch, tags, index, files."""
    files = sorted(path for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)
    contents = "".join(path.read_text() for path in files)
    return git(root, "rev-parse", "HEAD"), git(root, "tag"), git(root, "status", "--porcelain"), contents


def refused(settings: Settings, message: str, version: str = VERSION, **options: Any) -> None:
    before = state(settings.root)
    with pytest.raises(LabError, match=message):
        make(settings, version, **options)
    assert state(settings.root) == before


def test_a_release_is_one_commit_with_an_annotated_tag(settings: Settings):
    before = git(settings.root, "rev-parse", "HEAD")

    made = make(settings)

    assert git(settings.root, "rev-parse", "HEAD") == made.commit
    assert git(settings.root, "rev-parse", "HEAD^") == before
    assert git(settings.root, "rev-parse", f"{VERSION}^{{commit}}") == made.commit
    assert git(settings.root, "cat-file", "-t", VERSION) == "tag"
    assert git(settings.root, "for-each-ref", "--format=%(taggername)", f"refs/tags/{VERSION}") == "Somebody"
    assert git(settings.root, "status", "--porcelain") == ""
    assert git(settings.root, "branch", "--show-current") == "main"
    git(settings.root, "fsck", "--strict")


def test_the_commit_holds_the_entry_and_the_outcomes_as_they_were_verified(settings: Settings):
    made = make(settings)

    names = git(settings.root, "show", "--name-only", "--format=", "HEAD").split()
    changelog = (settings.root / "CHANGELOG.md").read_text()
    rows = json.loads((settings.root / "reports" / "outcomes.json").read_text())["outcomes"]
    assert names == ["CHANGELOG.md", "reports/outcomes.json"]
    assert made.entry in changelog
    assert "- Add the embedded cloud (" in changelog
    assert "| 2.7 | outcome 2.7 | pass | 1.0 | seen anew |" in changelog
    assert [row["id"] for row in rows] == [each.id for each in results((1, 2))]


def test_the_tag_tells_what_the_entry_tells(settings: Settings):
    made = make(settings)

    assert made.entry.strip() in git(settings.root, "for-each-ref", "--format=%(contents)", f"refs/tags/{VERSION}")


def test_the_second_release_lists_only_what_came_after_the_first(settings: Settings):
    make(settings)
    commit(settings.root, "Fix the drain", DRAIN="fixed")

    made = make(settings, "v1.1-infra")

    assert "- Fix the drain (" in made.entry
    assert "Add the embedded cloud" not in made.entry
    changelog = (settings.root / "CHANGELOG.md").read_text()
    assert changelog.index("v1.1-infra") < changelog.index("v1.0-infra")


def test_a_dry_run_shows_everything_and_changes_nothing(settings: Settings):
    before, said = state(settings.root), list[str]()

    made = make(settings, dry_run=True, say=said.append)

    assert made.commit is None
    assert "- Add the embedded cloud (" in made.entry
    assert any(VERSION in line and "dry run" in line for line in said)
    assert state(settings.root) == before


@pytest.mark.parametrize(
    "version",
    [
        "",
        "1.0-infra",
        "v1-infra",
        "v1.0",
        "v01.0-infra",
        "v1.0-infra ",
        "v1.0-beta",
        "v1.0-INFRA",
        "v1.0-infra..x",
        "--x",
    ],
)
def test_a_malformed_version_is_refused(settings: Settings, version: str):
    refused(settings, "use v<major>", version)


def test_the_final_release_needs_all_48_outcomes():
    assert sum(OUTCOMES[week] for week in milestone("v2.0-final")) == 48
    assert list(milestone("v1.0-infra")) == [1, 2]


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_tag_that_exists_is_refused(settings: Settings, dry_run: bool):
    git(settings.root, "tag", VERSION)

    refused(settings, f"The tag {VERSION} exists", dry_run=dry_run)


def test_a_changed_file_is_refused_by_its_name(settings: Settings):
    (settings.root / "README").write_text("changed")

    refused(settings, "changes in README; commit or discard")


def test_a_new_and_a_staged_file_are_refused_by_their_names(settings: Settings):
    (settings.root / "new file").write_text("new")
    (settings.root / "staged").write_text("staged")
    git(settings.root, "add", "staged")

    refused(settings, "changes in staged, new file;")


def test_an_ignored_file_is_no_change(settings: Settings):
    (settings.root / ".lab").mkdir()
    (settings.root / ".lab" / "state").write_text("state")

    assert make(settings).commit


def test_nothing_is_verified_for_a_checkout_that_is_not_ready(settings: Settings):
    (settings.root / "README").write_text("changed")
    verified: list[Sequence[int]] = []

    refused(settings, "changes in README", verify=lambda _, checked: verified.append(checked))

    assert verified == []


def test_a_failing_outcome_is_refused_with_what_was_seen(settings: Settings):
    def failing(settings: Settings, checked: Sequence[int]) -> list[Result]:
        first, *rest = results(checked)
        return [replace(first, status="fail", evidence="the bucket is open"), *rest]

    refused(settings, r"Outcomes fail: 1\.1 \(the bucket is open\)", verify=failing)


def test_a_missing_outcome_is_refused(settings: Settings):
    refused(settings, r"have no check: 2\.7; a release needs all 14", verify=lambda _, checked: results(checked)[:-1])


def test_an_outcome_that_cannot_apply_is_no_failure_and_is_told(settings: Settings):
    def partly(settings: Settings, checked: Sequence[int]) -> list[Result]:
        first, *rest = results(checked)
        return [replace(first, status="not applicable"), *rest]

    assert "13 of 14 outcomes hold on the target local, 1 not applicable there" in make(settings, verify=partly).entry


def test_the_milestone_says_which_weeks_are_verified(settings: Settings):
    verified: list[int] = []

    def noting(settings: Settings, checked: Sequence[int]) -> list[Result]:
        verified.extend(checked)
        return results(checked)

    make(settings, verify=noting)

    assert verified == [1, 2]


def test_a_checkout_that_changes_while_it_is_verified_is_refused(settings: Settings):
    def writing(settings: Settings, checked: Sequence[int]) -> list[Result]:
        (settings.root / "README").write_text("changed meanwhile")
        return results(checked)

    with pytest.raises(LabError, match="changed while it was verified \\(README\\)"):
        make(settings, verify=writing)

    assert git(settings.root, "tag") == ""


def test_a_commit_made_while_it_is_verified_is_refused(settings: Settings):
    def committing(settings: Settings, checked: Sequence[int]) -> list[Result]:
        commit(settings.root, "Sneak in")
        return results(checked)

    with pytest.raises(LabError, match=r"moved from \w+ while it was verified"):
        make(settings, verify=committing)

    assert git(settings.root, "tag") == ""


def test_a_head_on_no_branch_is_refused(settings: Settings):
    git(settings.root, "switch", "--quiet", "--detach")

    refused(settings, "HEAD is on no branch")


def test_a_folder_without_a_repository_is_refused(tmp_path: Path):
    with pytest.raises(LabError, match=r"git \w[\w-]* failed in"):
        make(Settings(root=tmp_path))


def test_a_verification_that_is_interrupted_leaves_no_trace(settings: Settings):
    before = state(settings.root)

    def interrupted(settings: Settings, checked: Sequence[int]) -> list[Result]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make(settings, verify=interrupted)

    assert state(settings.root) == before


class Interrupted(Repository):
    """Ends at one call of git: before it is made, or after."""

    def __init__(self, settings: Settings, last: int, after: bool):
        super().__init__(settings)
        self.calls, self._last, self._after = 0, last, after

    def run(self, *arguments: str, **options: Any) -> str:
        self.calls += 1
        if self.calls == self._last and not self._after:
            raise KeyboardInterrupt
        answer = super().run(*arguments, **options)
        if self.calls == self._last:
            raise KeyboardInterrupt
        return answer


@pytest.mark.parametrize("after", [False, True])
def test_a_release_that_is_interrupted_anywhere_leaves_tag_and_commit_or_neither(settings: Settings, after: bool):
    start, last = git(settings.root, "rev-parse", "HEAD"), 0

    while not git(settings.root, "tag"):
        last += 1
        assert git(settings.root, "rev-parse", "HEAD") == start
        assert git(settings.root, "status", "--porcelain") == ""
        with pytest.raises(KeyboardInterrupt):
            make(settings, repository=Interrupted(settings, last, after))

    assert last > 10
    assert git(settings.root, "rev-parse", f"{VERSION}^{{commit}}") == git(settings.root, "rev-parse", "HEAD") != start


def test_a_branch_that_moves_meanwhile_is_not_overwritten(settings: Settings):
    class Overtaken(Repository):
        def run(self, *arguments: str, **options: Any) -> str:
            if arguments[0] == "update-ref":
                commit(settings.root, "Be first")
            return super().run(*arguments, **options)

    with pytest.raises(LabError, match="git update-ref failed"):
        make(settings, repository=Overtaken(settings))

    assert git(settings.root, "log", "-1", "--format=%s") == "Be first"
    assert git(settings.root, "tag") == ""


@pytest.fixture
def heard() -> Iterator[None]:
    """SIGINT as in a terminal: a shell lets what it starts in the background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_a_signal_is_heard_after_what_must_not_be_interrupted():
    done: list[str] = []

    def publish() -> None:
        with uninterrupted():
            signal.raise_signal(signal.SIGINT)
            done.append("finished")

    with pytest.raises(KeyboardInterrupt):
        publish()

    assert done == ["finished"]


def test_nothing_is_pushed(settings: Settings, tmp_path: Path):
    remote = tmp_path / "remote.git"
    git(settings.root, "clone", "--quiet", "--bare", ".", str(remote))
    git(settings.root, "remote", "add", "origin", str(remote))
    before = git(remote, "for-each-ref")

    make(settings)

    assert git(remote, "for-each-ref") == before


def test_a_week_without_checks_is_refused_before_any_is_run(settings: Settings):
    with pytest.raises(LabError, match="WEEK is 99"):
        verify_anew(settings, [1, 99])
