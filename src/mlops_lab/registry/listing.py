"""A project's registered versions and promotions, as a table."""

from datetime import date

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mlops_lab import projects
from mlops_lab.errors import LabError
from mlops_lab.registry.promotion import history, in_charge
from mlops_lab.registry.tracking import Registry
from mlops_lab.settings import Settings

SHORT = 12  # characters of a hash


def show(settings: Settings, project: str, console: Console, day: str = "") -> None:
    """Print versions with aliases, run and bundle, below them the promotions, and what was in charge on a day.

    Raises:
        LabError: There is no such project, the day is none, or MLflow does not answer.
    """
    registry = Registry(settings, projects.get(project).name)
    table = Table("version", "aliases", "MLflow run", "bundle SHA-256", "bundle", box=SIMPLE_HEAD)
    for each in registry.versions():
        table.add_row(
            each.version, ", ".join(each.aliases), each.run_id[:SHORT], each.bundle_sha256[:SHORT], each.bundle_uri
        )
    if not table.row_count:
        console.print(f"{project} has no registered version; `make retrain PROJECT={project}` makes one.")
        return
    console.print(table)
    for promotion in history(registry.notes()):
        console.print(str(promotion), markup=False, highlight=False)
    if day:
        version = in_charge(history(registry.notes()), _day(day))
        console.print(f"in charge at the end of {day} (UTC): version {version}", highlight=False)


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise LabError(f"DAY is {text!r}; use a day such as 2026-11-23.") from None
