"""What a release says of itself: an entry of CHANGELOG.md in the form of Keep a Changelog. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from mlops_lab.outcomes.outcome import Result

HEADER = """# Changelog

Every release, its changes and the outcomes that held when it was made. The form is that of
[Keep a Changelog](https://keepachangelog.com/en/1.1.0/); `make release` writes it.
"""
# Heading of Keep a Changelog -> first words of a commit's subject; any other is a change.
VERBS = {
    "Added": ("Add", "Begin", "Build", "Create", "Draw", "Introduce", "Lay", "Provide", "Show", "Support", "Write"),
    "Changed": (),
    "Deprecated": ("Deprecate",),
    "Removed": ("Delete", "Drop", "Remove", "Retire"),
    "Fixed": ("Correct", "Fix", "Mend", "Repair", "Revert"),
    "Security": ("Harden", "Secure"),
}


@dataclass(frozen=True)
class Commit:
    """A commit by its short hash and the first line of its message."""

    hash: str
    subject: str


def entry(version: str, day: date, commits: Sequence[Commit], results: Sequence[Result], target: str) -> str:
    """Return a release's entry: what held, the commits by kind, and the evidence.

    Args:
        version: The tag.
        day: When it is made.
        commits: Since the last release, newest first.
        results: Of the outcomes that were verified for it.
        target: Where they were verified.
    """
    held = sum(result.status == "pass" for result in results)
    beside = len(results) - held
    rest = f", {beside} not applicable there" if beside else ""
    lines = [
        f"## [{version}] - {day:%Y-%m-%d}",
        "",
        f"{held} of {len(results)} outcomes hold on the target {target}{rest}.",
        *_groups(commits),
        "",
        "### Evidence",
        "",
        *_evidence(results),
        "",
    ]
    return "\n".join(lines)


def inserted(changelog: str, text: str) -> str:
    """Return the changelog with an entry above those it holds; an empty one gets its header first."""
    known = changelog or HEADER
    first = re.search(r"^## ", known, re.MULTILINE)
    if first is None:
        return f"{known.rstrip()}\n\n{text}"
    return f"{known[: first.start()]}{text}\n{known[first.start() :]}"


def _groups(commits: Sequence[Commit]) -> Iterator[str]:
    kinds = {commit: _kind(commit) for commit in commits}
    for kind in VERBS:
        if own := [commit for commit in commits if kinds[commit] == kind]:
            yield from ("", f"### {kind}", "", *(f"- {commit.subject} ({commit.hash})" for commit in own))


def _kind(commit: Commit) -> str:
    verb = commit.subject.partition(" ")[0].capitalize()
    return next((kind for kind, verbs in VERBS.items() if verb in verbs), "Changed")


def _evidence(results: Sequence[Result]) -> Iterator[str]:
    yield "| id | outcome | status | seconds | evidence |"
    yield "|---|---|---|---|---|"
    for each in results:
        cells = (each.id, each.outcome, each.status, f"{each.seconds:.1f}", each.evidence)
        yield "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
