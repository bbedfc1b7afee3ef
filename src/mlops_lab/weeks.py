"""Each week's work, from whatever state the lab is in: what must be live, what is done, its notebook, its outcomes."""

from collections.abc import Mapping

from rich.console import Console

from mlops_lab.delivery.closed_loop import close_loop
from mlops_lab.load.replay import SPEED
from mlops_lab.loop.close import FIRST, LAST, close
from mlops_lab.outcomes.verify import verify
from mlops_lab.progress import Timeline
from mlops_lab.reporting.notebooks import run_week
from mlops_lab.settings import Settings
from mlops_lab.workflow import FIRST_PROJECT, SECOND_PROJECT, apply, serve, track, with_cloud

BOTH = (FIRST_PROJECT, SECOND_PROJECT)
SERVED: Mapping[int, tuple[str, ...]] = {  # week -> projects that its notebook finds live
    2: (FIRST_PROJECT,),
    3: (FIRST_PROJECT,),
    4: BOTH,
    5: BOTH,
}
DISPATCHED: Mapping[int, tuple[str, ...]] = {3: (FIRST_PROJECT,)}  # week -> projects that workflows retrain and deploy
WATCHED: Mapping[int, tuple[str, ...]] = {5: (SECOND_PROJECT,)}  # week -> projects whose loop closes by itself


def week(settings: Settings, number: int, console: Console) -> bool:
    """Do a week's work from whatever state the lab is in, run its notebook, verify its outcomes."""
    timeline = Timeline(console)
    settings = with_cloud(settings, timeline)
    apply(settings, timeline)
    track(settings, timeline)
    for project in SERVED.get(number, ()):
        serve(settings, project, timeline)
    for project in DISPATCHED.get(number, ()):
        with timeline.step("workflows", f"train and deploy {project}"):
            close_loop(settings, project, timeline.quote("workflows"))
    for project in WATCHED.get(number, ()):
        close(settings, project, FIRST, LAST, SPEED, timeline)
    with timeline.step("notebook", f"week {number}"):
        timeline.lane("notebook")(f"written: {run_week(settings, number)}")
    return verify(settings, console, number)
