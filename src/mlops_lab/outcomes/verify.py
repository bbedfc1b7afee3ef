"""Runs the outcome checks, prints their table and keeps it in ``reports/outcomes.json``."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from rich.console import Console

from mlops_lab import outcomes
from mlops_lab.catalog import Paths
from mlops_lab.cloud.session import account
from mlops_lab.errors import LabError
from mlops_lab.outcomes.outcome import Outcome, Result, failed, run_all, save, show
from mlops_lab.settings import Settings

NOTHING: Mapping[str, "Future[Result]"] = MappingProxyType({})


def weeks() -> list[int]:
    """Weeks that have checks: every module ``week<n>`` of this package."""
    names = [module.name for module in iter_modules(outcomes.__path__)]
    return sorted(int(name.removeprefix("week")) for name in names if name.startswith("week"))


def of_week(week: int) -> Sequence[Outcome]:
    """The outcomes of a week.

    Raises:
        LabError: The week has no checks.
    """
    if week not in weeks():
        raise LabError(f"WEEK is {week}; use one of {', '.join(map(str, weeks()))}.")
    found: Sequence[Outcome] = import_module(f"mlops_lab.outcomes.week{week}").OUTCOMES
    return found


def verify(
    settings: Settings, console: Console, week: int | None = None, known: Mapping[str, "Future[Result]"] = NOTHING
) -> bool:
    """Check a week's outcomes, or all; return whether none failed.

    Args:
        settings: The target.
        console: Gets the table.
        week: 1 to 7; None is every week that has checks.
        known: Checks that run already, by the outcome's id.

    Raises:
        LabError: The target does not answer, or its credentials are missing.
    """
    account(settings)  # nobody to ask is no failed outcome
    chosen = [outcome for each in ([week] if week else weeks()) for outcome in of_week(each)]
    results = run_all(chosen, settings, known)
    path = Paths(settings.root, settings.state_dir).reports / "outcomes.json"
    save(results, path, settings.target)
    show(results, console)
    held = sum(result.status == "pass" for result in results)
    console.print(f"{held} of {len(chosen)} outcomes hold; written: {path}")
    return not failed(results)
