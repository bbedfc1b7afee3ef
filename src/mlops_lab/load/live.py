"""Load on a project's live API, behind the lab's load balancer."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console

from mlops_lab import projects
from mlops_lab.catalog import Paths
from mlops_lab.cloud import api
from mlops_lab.data import dataset
from mlops_lab.errors import LabError
from mlops_lab.load.bodies import example_body, varied_bodies
from mlops_lab.load.display import Display, show
from mlops_lab.load.generator import LIMITS, Limits, Progress, run, silent
from mlops_lab.load.profile import Profile, duration, parse
from mlops_lab.load.summary import Summary
from mlops_lab.settings import Settings

PROFILE = "5:30,40:240,2:60"  # what one task takes, what three take, and next to nothing


@dataclass(frozen=True)
class Aim:
    """Where load goes and what it holds."""

    url: str
    headers: Mapping[str, str]
    bodies: Sequence[bytes]
    balancer: str  # base URL of the lab's load balancer


def aim(settings: Settings, project: str, *, varied: bool = False) -> Aim:
    """Aim at a project's live API.

    Args:
        settings: The target.
        project: Name of the project.
        varied: Send random rows of the project's table instead of its example row.

    Raises:
        LabError: The project, its load balancer or its key does not exist.
    """
    chosen = projects.get(project)
    folder = Paths(settings.root, settings.state_dir).data
    bodies = varied_bodies(chosen, dataset.load(chosen, folder).frame) if varied else example_body(chosen)
    balancer = api.base_url(settings)
    headers = {"x-api-key": api.api_key(settings), "content-type": "application/json"}
    return Aim(f"{balancer}/{project}/predict", headers, bodies, balancer)


def offer(
    target: Aim,
    profile: Profile,
    progress: Progress = silent,
    *,
    limits: Limits = LIMITS,
    stop: threading.Event | None = None,
) -> Summary:
    """Offer a profile and return what was seen.

    Args:
        target: Where it goes.
        profile: The rate over time.
        progress: Gets every second as it ends, in the run's thread.
        limits: What the run never exceeds.
        stop: Ends the run when it is set.
    """
    return run(
        target.url,
        target.headers,
        target.bodies,
        profile,
        limits,
        progress,
        balancer=target.balancer,
        stop=stop,
    )


def load_and_show(settings: Settings, project: str, text: str, console: Console, *, varied: bool = False) -> Summary:
    """Offer the profile that a text describes, with live progress and a summary; Ctrl-C ends it early.

    Raises:
        LabError: The text is no profile, or not one request succeeded.
    """
    profile = parse(text)
    target = aim(settings, project, varied=varied)
    with Display(console, duration(profile)) as display:
        summary = offer(target, profile, display)
    show(summary, console)
    if not summary.succeeded:
        seen = ", ".join(summary.errors) or "nothing was sent"
        raise LabError(f"Not one of {summary.offered} requests to {project} succeeded ({seen}); see `make status`.")
    return summary
