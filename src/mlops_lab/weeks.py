"""Each week's work, from whatever state the lab is in: what must be live, what is done, its notebook, its outcomes."""

from collections.abc import Mapping

from rich.console import Console

from mlops_lab.delivery.canary.rehearsals import rehearse
from mlops_lab.delivery.closed_loop import close_loop
from mlops_lab.finops import limits, report
from mlops_lab.load.replay import SPEED
from mlops_lab.loop.close import FIRST, LAST, close
from mlops_lab.outcomes.verify import verify
from mlops_lab.progress import Timeline
from mlops_lab.reporting.notebooks import run_week
from mlops_lab.security import review
from mlops_lab.settings import Settings
from mlops_lab.workflow import FIRST_PROJECT, SECOND_PROJECT, apply, exercise_roles, serve, track, with_cloud

BOTH = (FIRST_PROJECT, SECOND_PROJECT)
SERVED: Mapping[int, tuple[str, ...]] = {  # week -> projects that its notebook finds live
    2: (FIRST_PROJECT,),
    3: (FIRST_PROJECT,),
    4: BOTH,
    5: BOTH,
    6: BOTH,
    7: BOTH,
}
DISPATCHED: Mapping[int, tuple[str, ...]] = {3: (FIRST_PROJECT,)}  # week -> projects that workflows retrain and deploy
WATCHED: Mapping[int, tuple[str, ...]] = {5: (SECOND_PROJECT,)}  # week -> projects whose loop closes by itself

CANARIES: Mapping[int, tuple[str, ...]] = {6: (FIRST_PROJECT,)}  # week -> projects of which good and bad ones are run
MEASURED = (6,)  # weeks that tell of limits, roles and cost


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
    if number in MEASURED:
        measure(settings, timeline)
    for project in CANARIES.get(number, ()):
        with timeline.step("canaries", f"{project}: a good one, and one for each fault"):
            rehearse(settings, project, timeline.lane("canaries"))
    with timeline.step("notebook", f"week {number}"):
        timeline.lane("notebook")(f"written: {run_week(settings, number)}")
    return verify(settings, console, number)


def measure(settings: Settings, timeline: Timeline) -> None:
    """Let every role do its work, measure what tasks need, and ask what all of it costs."""
    exercise_roles(settings, timeline)
    with timeline.step("limits", "what tasks use under load"):
        limits.measure(settings, timeline.lane("limits"))
    with timeline.step("cost", "what was spent, and what each layout would cost"):
        report.make(settings, timeline.lane("terraform"))
    review.make(settings)
