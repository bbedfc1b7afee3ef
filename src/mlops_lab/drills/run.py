"""Runs the drills, shows what came of them, and keeps it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mlops_lab.drills.drill import Drilled, drill
from mlops_lab.drills.every import DRILLS, EXCUSED
from mlops_lab.drills.runbook import Entry, entries
from mlops_lab.errors import LabError
from mlops_lab.progress import Say
from mlops_lab.settings import Settings


def run(settings: Settings, name: str | None, say: Say) -> list[Drilled]:
    """Run one drill, or all, one after another; keep each as it ends.

    Raises:
        LabError: There is no such drill, or an entry has none.
    """
    written = entries(settings.root / "RUNBOOK.md")
    require_complete(written)
    known = {each.entry: each for each in DRILLS}
    if name and name not in known:
        raise LabError(f"DRILL is {name!r}; use one of {', '.join(sorted(known))}.")
    done = []
    for each in [known[name]] if name else DRILLS:
        say(f"{each.entry} ...")
        done.append(drill(settings, written[each.entry], each))
        say(f"{each.entry}: {done[-1].failure or 'passed'} ({done[-1].seconds:.0f} s)")
        _keep(settings, done[-1])
    return done


def require_complete(written: Mapping[str, Entry]) -> None:
    """Require a drill for every entry, or the reason why none can be held here.

    Raises:
        LabError: Which has neither, or is no entry.
    """
    told = {each.entry for each in DRILLS} | set(EXCUSED)
    if lacking := set(written) - told:
        raise LabError(f"RUNBOOK.md has {', '.join(sorted(lacking))}, for which src/mlops_lab/drills has no drill.")
    if unknown := told - set(written):
        raise LabError(f"src/mlops_lab/drills has {', '.join(sorted(unknown))}, which RUNBOOK.md has not.")


def read(settings: Settings) -> dict[str, Drilled]:
    """Return the latest drill of each entry."""
    try:
        found = json.loads(_path(settings).read_text())
    except (OSError, ValueError):
        return {}
    return {each["entry"]: Drilled(**each) for each in found["drills"]}


def show(done: Iterable[Drilled], console: Console) -> None:
    """Print a row for each drill."""
    table = Table("failure", "entry holds", "commands", "seconds")
    for each in done:
        told = "yes" if each.passed else f"[red]no[/red]: {each.failure}"
        table.add_row(each.entry, told, str(len(each.commands)), f"{each.seconds:.0f}")
    console.print(table)


def _keep(settings: Settings, done: Drilled) -> None:
    kept = {**read(settings), done.entry: done}
    path = _path(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [asdict(kept[name]) for name in sorted(kept)]
    path.write_text(json.dumps({"at": datetime.now(UTC).isoformat(), "drills": rows}, indent=1) + "\n")


def _path(settings: Settings) -> Path:
    return settings.state_dir / "drills.json"
