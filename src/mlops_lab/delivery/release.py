"""Releases the lab: outcomes verified anew, a changelog entry, an annotated tag; it never pushes."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy
from tempfile import TemporaryDirectory

from mlops_lab.catalog import Paths
from mlops_lab.cloud.session import account
from mlops_lab.delivery.changelog import entry, inserted
from mlops_lab.delivery.repository import Repository
from mlops_lab.errors import LabError
from mlops_lab.outcomes.outcome import Result, run_all, save
from mlops_lab.outcomes.verify import of_week
from mlops_lab.progress import Say
from mlops_lab.settings import Settings

Verify = Callable[[Settings, Sequence[int]], Sequence[Result]]

MILESTONES = {"infra": range(1, 3), "final": range(1, 8)}  # last part of a version -> weeks whose outcomes must hold
OUTCOMES = {1: 7, 2: 7, 3: 7, 4: 7, 5: 7, 6: 7, 7: 6}  # week -> outcomes of the plan: 48 in all
CHANGELOG = "CHANGELOG.md"
_VERSION = re.compile(r"v(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){1,2}-([a-z]+)")


@dataclass(frozen=True)
class Release:
    """A release that was made, or would be."""

    version: str
    entry: str
    commit: str | None  # None: a dry run


def release(
    version: str,
    settings: Settings,
    *,
    dry_run: bool,
    verify: Verify,
    say: Say,
    repository: Repository | None = None,
) -> Release:
    """Verify the outcomes of a version's milestone, write its changelog entry, commit and tag it.

    Args:
        version: ``v1.0-infra`` needs weeks 1 and 2, ``v2.0-final`` all 48 outcomes.
        settings: The target that the outcomes are verified on.
        dry_run: Do everything but write.
        verify: Checks the outcomes of weeks anew.
        say: Gets a line for every step.
        repository: The checkout; None is that of the settings.

    Raises:
        LabError: The version is malformed, its tag exists, the checkout is not clean or not on a branch, or an outcome
            does not hold. Nothing has changed then.
    """
    checked = milestone(version)
    git = repository or Repository(settings)
    refuse_unready(git, version)
    head = git.head()
    say(f"{version}: verifying weeks {', '.join(map(str, checked))}")
    results = verify(settings, checked)
    refuse_unproven(results, checked)
    say(f"{len(results)} outcomes verified, none fails")
    refuse_moved(git, head)
    commits = git.commits_since(git.last_release("v*"))
    text = entry(version, datetime.now(UTC).date(), commits, results, settings.target)
    if dry_run:
        say(f"dry run: {CHANGELOG} would get this entry, and its commit the tag {version}")
        return Release(version, text, None)
    files = _files(settings, results, text)
    commit = git.publish(head, files, f"Release {version}", version, f"{version}\n\n{text}")
    say(f"tagged {version} at {commit[:12]}; `git push --follow-tags` publishes it")
    return Release(version, text, commit)


def milestone(version: str) -> Sequence[int]:
    """Return the weeks whose outcomes a version needs.

    Raises:
        LabError: It is no version.
    """
    match = _VERSION.fullmatch(version)
    if match is None or match[1] not in MILESTONES:
        names = " or ".join(MILESTONES)
        raise LabError(f"VERSION is {version!r}; use v<major>.<minor>-<milestone> with {names}, such as v1.0-infra.")
    return MILESTONES[match[1]]


def refuse_unready(git: Repository, version: str) -> None:
    """Refuse a checkout that cannot be released, before anything that takes long.

    Raises:
        LabError: What is in the way.
    """
    if git.has_tag(version):
        raise LabError(f"The tag {version} exists; choose the next version.")
    if changed := git.changed():
        raise LabError(f"The checkout has changes in {_listed(changed)}; commit or discard them.")
    if git.branch() is None:
        raise LabError("HEAD is on no branch, which a release's commit needs; `git switch` to one.")
    git.author()


def refuse_unproven(results: Sequence[Result], checked: Sequence[int]) -> None:
    """Refuse outcomes of which one fails or is missing.

    Raises:
        LabError: Which, and what was seen.
    """
    known = {result.id for result in results}
    wanted = [f"{week}.{number}" for week in checked for number in range(1, OUTCOMES[week] + 1)]
    if failing := [f"{result.id} ({result.evidence[:160]})" for result in results if result.status == "fail"]:
        raise LabError(f"Outcomes fail: {'; '.join(failing)}; see `make verify`.")
    if missing := [each for each in wanted if each not in known]:
        raise LabError(f"Outcomes have no check: {_listed(missing)}; a release needs all {len(wanted)}.")


def refuse_moved(git: Repository, head: str) -> None:
    """Refuse a checkout that is not what was verified.

    Raises:
        LabError: What has changed.
    """
    if git.head() != head:
        raise LabError(f"The checkout moved from {head[:12]} while it was verified; release again.")
    if changed := git.changed():
        raise LabError(f"The checkout changed while it was verified ({_listed(changed)}); commit that, release again.")


def verify_anew(settings: Settings, checked: Sequence[int]) -> list[Result]:
    """Run the outcome checks of weeks now, and write nothing.

    Raises:
        LabError: A week has no checks, or the target does not answer.
    """
    outcomes = [each for week in checked for each in of_week(week)]
    account(settings)
    return run_all(outcomes, settings, {})


def _files(settings: Settings, results: Sequence[Result], text: str) -> dict[str, str]:
    """Return what the release's commit holds beside the rest: the changelog, and the outcomes as they were verified."""
    changelog, outcomes = settings.root / CHANGELOG, Paths(settings.root, settings.state_dir).reports / "outcomes.json"
    with TemporaryDirectory() as folder:
        kept = Path(folder) / outcomes.name
        if outcomes.is_file():
            copy(outcomes, kept)
        save(results, kept, settings.target)
        proof = kept.read_text()
    known = changelog.read_text() if changelog.is_file() else ""
    return {CHANGELOG: inserted(known, text), str(outcomes.relative_to(settings.root)): proof}


def _listed(names: Sequence[str], most: int = 10) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
