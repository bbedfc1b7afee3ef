"""What a canary is made from: the version, what stable runs, and whether the one may take the other's place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mlops_lab import catalog, projects
from mlops_lab.cloud.session import account, caller, client
from mlops_lab.delivery import image
from mlops_lab.delivery.canary import faults
from mlops_lab.delivery.canary.plan import PLAN, parse_plan
from mlops_lab.delivery.canary.state import Canary, stamp
from mlops_lab.delivery.canary.tracks import PATIENCE, Tracks
from mlops_lab.delivery.canary.traffic_split import STABLE
from mlops_lab.errors import LabError
from mlops_lab.progress import Say
from mlops_lab.registry import store
from mlops_lab.registry.tracking import CHALLENGER, GATE, Registry, Version
from mlops_lab.settings import Settings

PERIODS = 6  # of the metrics, that a step lasts unless told otherwise
UNDECIDED = 3  # times a step's seconds until one that cannot be judged is given up
WAIT = 8  # periods that are waited for traffic, and for alarms of an earlier canary to return to OK


@dataclass(frozen=True)
class Wish:
    """What is asked for."""

    version: str | None = None  # None: the challenger, else the newest that stable does not run
    plan: str = PLAN
    seconds: float | None = None  # of a step, at least; None: six periods of the metrics
    why: str = ""
    fault: str = ""  # put into the canary on purpose
    rehearsal: bool = False  # roll back at the end, however good
    load: float | None = None  # requests a second that the canary offers itself, 0 none; None: the target's default


def opening(settings: Settings, project: str, wish: Wish, tracks: Tracks, say: Say) -> Canary:
    """Return a canary that has not begun; its image is published.

    Raises:
        LabError: The plan or the fault is none, the version is not published, did not pass the gate or runs on stable
            already, or stable does not run.
    """
    faults.change(wish.fault)  # refused before anything is built
    steps, running = parse_plan(wish.plan), stable_version(tracks, project)
    chosen = _chosen(Registry(settings, project), wish.version, running)
    bucket = catalog.models_bucket(account(settings))
    found = store.find(client(settings, "s3"), bucket, project, chosen.version)
    seconds = wish.seconds or PERIODS * settings.metric_period
    now, longest = datetime.now(UTC), 2 * PATIENCE + 2 * WAIT * settings.metric_period
    return Canary(
        project=projects.get(project).name,
        version=chosen.version,
        stable_version=running,
        plan=steps,
        seconds=seconds,
        who=caller(settings),
        why=wish.why or f"canary of version {chosen.version} beside version {running}",
        fault=wish.fault,
        rehearsal=wish.rehearsal,
        image=image.publish(project, settings, say).uri,
        bundle_uri=found.uri,
        bundle_sha256=found.sha256,
        stable_definition=tracks.definition(STABLE),
        opened=stamp(now),
        deadline=stamp(now + timedelta(seconds=longest + UNDECIDED * seconds * len(steps))),
    )


def stable_version(tracks: Tracks, project: str) -> str:
    """Return the model version that the stable service runs.

    Raises:
        LabError: It has never got a release.
    """
    if (uri := tracks.variables(STABLE).get("BUNDLE_URI")) is None:
        raise LabError(
            f"{project} has no stable release to compare a canary with; `make deploy PROJECT={project}` first."
        )
    return uri.rstrip("/").rpartition("/")[2]


def _chosen(registry: Registry, wanted: str | None, running: str) -> Version:
    others = [each for each in registry.versions() if each.version != running]
    found = [each for each in others if each.version == wanted] if wanted else _preferred(others)
    if not found:
        known = ", ".join(each.version for each in others) or "none"
        raise LabError(
            f"{registry.project} has no {f'version {wanted}' if wanted else 'version'} beside {running}, which stable"
            f" runs; others are: {known}. `make retrain PROJECT={registry.project}` makes one."
        )
    if (gate := registry.run_tags(found[0].run_id).get(GATE)) != "passed":
        raise LabError(f"Version {found[0].version} of {registry.project} has not passed the gate (it is {gate!r}).")
    return found[0]


def _preferred(others: Sequence[Version]) -> list[Version]:
    return sorted(others, key=lambda each: CHALLENGER not in each.aliases)  # stable: else the newest first
