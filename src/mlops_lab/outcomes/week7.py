"""Week 7, ready to show: what outcomes 7.1, 7.3, 7.4 and 7.5 must see of the running lab and of what it has written."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from mlops_lab import document_links
from mlops_lab.catalog import Paths
from mlops_lab.cloud import api
from mlops_lab.infrastructure.terraform import Terraform
from mlops_lab.outcomes.drilled import runbook_is_proven
from mlops_lab.outcomes.film import the_film_plays_and_says_what_it_shows
from mlops_lab.outcomes.final_release import VERSION, a_final_release_needs_all_outcomes
from mlops_lab.outcomes.outcome import Outcome, require
from mlops_lab.reporting import coverage_badge, drawings, freshness
from mlops_lab.reporting.site import links
from mlops_lab.reporting.site.build import build
from mlops_lab.reporting.site.records import Kept
from mlops_lab.settings import Settings

QUICK_START = "## Two commands"
LOOKING = ("predict", "status", "logs")  # commands of the quick start that end by themselves and change nothing
COVERED = 90.0  # per cent of lines
UNFINISHED = re.compile(r"\b(TO(DO)|FIX(ME)|X{3})\b")  # so that this line is none itself
TEXT = (".py", ".tf", ".md", ".yml", ".ipynb")
LINT_SECONDS = 300


def documents_show_what_runs(settings: Settings) -> str:
    """7.1: the drawings are what their sources draw and show the live state; the quick start's commands run."""
    reports = Paths(settings.root, settings.state_dir).reports
    stale = drawings.out_of_step(reports)
    require(not stale, f"{', '.join(stale)} is not what its source draws; `make docs` writes it")
    live, known = drawings.shape(Terraform(settings).show_json()), drawings.shape(drawings.recorded(reports))
    require(live == known or not settings.is_local, "the architecture that is drawn is not the live one; `make record`")
    commands = [each for each in quick_start((settings.root / "README.md").read_text()) if each in LOOKING]
    require(set(commands) == set(LOOKING), f"the quick start names {commands}, of {', '.join(LOOKING)}")
    for command in commands:
        _make(settings, command)
    answered = api.predict_example(settings, "income")["model_version"]
    same = "as the live state is" if live == known else "of the embedded cloud, whose sizes differ from AWS's"
    return (
        f"reports/diagrams: loop.svg and architecture.svg as their sources draw them, {same}; the quick start's "
        f"`make {'`, `make '.join(commands)}` ended with 0, version {answered} answers"
    )


def coverage_is_measured_and_enough(settings: Settings) -> str:
    """7.3: the figure that a run measured is at least 90 % of the lines, and the badge was drawn from it."""
    kept = Kept(Paths(settings.root, settings.state_dir).reports)
    require(kept.coverage.is_file(), f"{kept.coverage} does not exist; `make coverage` measures")
    lines = float(json.loads(kept.coverage.read_text())["lines"])
    require(kept.badge.read_text() == coverage_badge.badge(lines), f"{kept.badge} shows another figure than {lines} %")
    require(lines >= COVERED, f"{lines} % of the lines are run by tests, {COVERED:.0f} % must be")
    return f"{lines} % of the lines; reports/coverage.svg says so; CI's own verdict is on its page of the repository"


def everything_is_polished(settings: Settings) -> str:
    """7.5: no broken link, notebooks executed and fresh, nothing unfinished, lint and types clean."""
    root = settings.root
    broken = broken_links(root)
    require(not broken, f"{len(broken)} links are broken: {'; '.join(broken[:3])}")
    stale = freshness.stale(Paths(root, settings.state_dir).notebooks, root / "reports")
    require(not stale, "; ".join(stale))
    unfinished = list(_unfinished(root))
    require(not unfinished, f"unfinished: {', '.join(unfinished)}")
    _make(settings, "lint")
    notebooks = len(list((root / "reports").glob("week*/*.ipynb")))
    kept = f"{notebooks} notebooks executed and fresh"
    return f"no broken link in documents and site; {kept}; nothing unfinished; `make lint` is clean"


def broken_links(root: Path) -> list[str]:
    """Return a line for each link of the documents and of the site, built anew, that leads nowhere or out of it."""
    site = build(root / "reports").parent
    return [*document_links.broken(root), *links.broken(site), *links.external(site)]


def quick_start(readme: str) -> list[str]:
    """Return the targets of the commands that the README's quick start names, in their order. Pure."""
    section = readme[readme.index(QUICK_START) :].split("\n## ")[0]
    blocks = re.findall(r"```bash\n(.*?)```", section, re.S)
    return re.findall(r"^make ([a-z0-9-]+)", "\n".join(blocks), re.M)


def _make(settings: Settings, target: str) -> None:
    command = ["make", "-s", target, f"VENV={sys.prefix}"]
    environment = settings.child_environment(**settings.exported)
    done = subprocess.run(
        command, cwd=settings.root, env=environment, capture_output=True, text=True, timeout=LINT_SECONDS, check=False
    )
    said = " ".join((done.stderr or done.stdout).split())[-300:]
    require(done.returncode == 0, f"`make {target}` ended with {done.returncode}: {said}")


def _unfinished(root: Path) -> Iterator[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True).stdout
    for name in listed.split("\0"):
        shown = name.startswith(("src/", "infra/", "notebooks/")) or name in document_links.DOCUMENTS
        if shown and name.endswith(TEXT) and UNFINISHED.search(_text(root / name)):
            yield name


def _text(path: Path) -> str:
    """Return a file's text; of a notebook what was written, not the pictures that it shows."""
    text = path.read_text(encoding="utf-8")
    return "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"]) if path.suffix == ".ipynb" else text


OUTCOMES = (
    Outcome("7.1", "README with architecture diagrams", documents_show_what_runs),
    Outcome("7.2", "RUNBOOK.md", runbook_is_proven),
    Outcome("7.3", "tests and coverage badges", coverage_is_measured_and_enough),
    Outcome("7.4", "video walkthrough", the_film_plays_and_says_what_it_shows),
    Outcome("7.5", "both projects polished", everything_is_polished),
    Outcome("7.6", f"`{VERSION}`", a_final_release_needs_all_outcomes),
)
