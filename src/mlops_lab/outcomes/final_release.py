"""What outcome 7.6 must see: a final release that is refused while one of the 48 outcomes fails or was not looked at.

The release command is run in a repository of its own, so that nothing here is tagged, with results in the place of the
checks, which would begin this one again.
"""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mlops_lab.catalog import Paths
from mlops_lab.delivery.release import CHANGELOG, OUTCOMES, Release, milestone, release
from mlops_lab.errors import LabError
from mlops_lab.outcomes.outcome import Result, require
from mlops_lab.progress import silent
from mlops_lab.settings import Settings

VERSION, OWN = "v2.0-final", "7.6"


def a_final_release_needs_all_outcomes(settings: Settings) -> str:
    """7.6: the release command refuses each of the 48 outcomes that fails or is missing, and tags when all hold."""
    wanted = [f"{week}.{number}" for week in milestone(VERSION) for number in range(1, OUTCOMES[week] + 1)]
    checked = _checked()
    require(checked == wanted, f"checks and plan differ: {sorted(set(checked) ^ set(wanted))}")
    passing = [Result(each, f"outcome {each}", "pass", 1.0, "taken as given") for each in wanted]
    with _repository() as root:
        scratch = settings.model_copy(update={"root": root, "state": root / ".lab"})
        for index, each in enumerate(wanted):
            failing = [*passing[:index], replace(passing[index], status="fail"), *passing[index + 1 :]]
            for results in (failing, [*passing[:index], *passing[index + 1 :]]):
                refusal = _refused(scratch, results)
                require(each in refusal, f"{VERSION} without {each} was refused for another reason: {refusal}")
        made = _release(scratch, passing)
        tag = _git(root, "cat-file", "-t", VERSION)
        told = sum(each in (root / CHANGELOG).read_text() for each in wanted)
    require(tag == "tag" and told == len(wanted), f"{VERSION} is a {tag} whose changelog names {told} outcomes")
    assert made.commit is not None
    return f"{VERSION} was refused {2 * len(wanted)} times and tagged once; {_as_verified(settings, wanted)}"


def _checked() -> list[str]:
    from mlops_lab.outcomes.verify import of_week, weeks  # which imports the module that imports this one

    return [outcome.id for week in weeks() for outcome in of_week(week)]


def _refused(settings: Settings, results: Sequence[Result]) -> str:
    before = _git(settings.root, "rev-parse", "HEAD"), _git(settings.root, "tag"), _git(settings.root, "status", "-s")
    try:
        _release(settings, results)
    except LabError as refusal:
        after = (
            _git(settings.root, "rev-parse", "HEAD"),
            _git(settings.root, "tag"),
            _git(settings.root, "status", "-s"),
        )
        require(before == after, f"a refused release changed {before} to {after}")
        return str(refusal)
    require(False, f"{VERSION} was tagged though {len(results)} outcomes do not all hold")
    return ""


def _release(settings: Settings, results: Sequence[Result]) -> Release:
    return release(VERSION, settings, dry_run=False, verify=lambda _settings, _weeks: results, say=silent)


def _as_verified(settings: Settings, wanted: Sequence[str]) -> str:
    """Say what the command would find by the latest verification of the others."""
    path = Paths(settings.root, settings.state_dir).reports / "outcomes.json"
    try:
        rows = {row["id"]: row["status"] for row in json.loads(path.read_text())["outcomes"]}
    except (OSError, ValueError, KeyError):
        rows = {}
    others = [each for each in wanted if each != OWN]
    open_ones = [each for each in others if rows.get(each) not in ("pass", "not applicable")]
    held = len(others) - len(open_ones)
    return f"{held} of the other {len(others)} hold by {path.name}" + (
        f", not {', '.join(open_ones)}" * bool(open_ones)
    )


@contextmanager
def _repository() -> Iterator[Path]:
    with TemporaryDirectory(prefix="release-") as folder:
        root = Path(folder)
        (root / "reports").mkdir()
        (root / "reports" / "outcomes.json").write_text('{"target": "local", "outcomes": []}\n')
        (root / ".gitignore").write_text(".lab/\n")
        _git(root, "init", "--quiet", "--initial-branch", "main")
        _git(root, "config", "user.name", "outcome")
        _git(root, "config", "user.email", "outcome@example.invalid")
        _git(root, "add", "--all")
        _git(root, "commit", "--quiet", "--message", "A checkout")
        yield root


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()
