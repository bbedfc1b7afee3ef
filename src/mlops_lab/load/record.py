"""The latest autoscaling experiment, kept on this machine: it takes minutes, and notebook and check look at one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from mlops_lab.catalog import Paths
from mlops_lab.cloud import scaling
from mlops_lab.load import experiment
from mlops_lab.load.experiment import Experiment
from mlops_lab.progress import Say, silent
from mlops_lab.settings import Settings

FRESH = timedelta(hours=3)  # the embedded cloud keeps the seconds of its metrics so long


def obtain(settings: Settings, project: str, say: Say = silent, *, repeat: bool = False) -> Experiment:
    """Return the experiment of the last three hours, or run it and keep it.

    Args:
        settings: The target.
        project: Name of the project.
        say: Gets a line for every step.
        repeat: Run it even if there is one.

    Raises:
        LabError: The project is not live or does not scale.
    """
    if not repeat and (known := recent(settings, project)) is not None:
        say(f"the experiment of {known.start:%d %B %Y, %H:%M} UTC")
        return known
    found = experiment.run(settings, project, say)
    path = _path(settings, project)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(found))
    return found


def recent(settings: Settings, project: str) -> Experiment | None:
    """Return the kept experiment if it is recent and the target still reports its scaling activities."""
    try:
        found = msgspec.json.decode(_path(settings, project).read_bytes(), type=Experiment)
    except (OSError, msgspec.DecodeError):
        return None
    if found.end < datetime.now(UTC) - FRESH:
        return None
    reported = {each.started for each in scaling.activities(settings, project, found.start - timedelta(seconds=1))}
    return found if found.activities and {each.started for each in found.activities} <= reported else None


def _path(settings: Settings, project: str) -> Path:
    folder = Paths(settings.root, settings.state_dir).experiments
    return folder / f"autoscaling-{settings.target}-{project}.json"
