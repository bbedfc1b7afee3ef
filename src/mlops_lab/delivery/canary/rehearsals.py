"""The canaries that week 6 tells of: a good one, long enough to measure its share, and one for each fault."""

from datetime import UTC, datetime, timedelta

from mlops_lab.delivery.canary.faults import FAULTS
from mlops_lab.delivery.canary.opening import Wish
from mlops_lab.delivery.canary.run import run_canary
from mlops_lab.delivery.canary.state import Canary, moment, records
from mlops_lab.progress import Say
from mlops_lab.settings import Settings

RECENT = timedelta(days=1)
# 40 requests a second for 80 seconds: enough to tell 50 % from 47 %. It leaves stable and the alias as they are.
GOOD = Wish(seconds=80.0, rehearsal=True, load=40.0, why="a good canary, to measure its share")


def bad(fault: str) -> Wish:
    """Return a canary with a fault under a load that meets it often."""
    return Wish(fault=fault, load=GOOD.load and GOOD.load / 2, why=f"a bad canary: {fault}")


def recent(settings: Settings, project: str) -> list[Canary]:
    """Return the canaries of the last day that are over, the oldest first."""
    since = datetime.now(UTC) - RECENT
    return [each for each in records(settings, project) if moment(each.opened) > since]


def rehearse(settings: Settings, project: str, say: Say) -> None:
    """Run the good canary and each bad one that the last day has not seen.

    Raises:
        LabError: There is no second version, or a canary cannot be brought to its end.
    """
    seen = recent(settings, project)
    missing = [bad(fault) for fault in FAULTS if not any(each.fault == fault for each in seen)]
    if not any(each.rehearsal and not each.fault for each in seen):
        missing.insert(0, GOOD)
    for wish in missing:
        over = run_canary(settings, project, wish, lambda line: None, lambda canary: None)
        took = "" if over.seconds_to_rollback is None else f" in {over.seconds_to_rollback:.0f} s"
        say(f"{wish.why}: {over.phase}{took}: {over.reason}")
