"""A project's registered versions and promotions, as a table."""

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mlops_lab import projects
from mlops_lab.registry.promotion import history
from mlops_lab.registry.tracking import Registry
from mlops_lab.settings import Settings

SHORT = 12  # characters of a hash


def show(settings: Settings, project: str, console: Console) -> None:
    """Print versions with aliases, run and bundle, and below them the promotions, the newest last.

    Raises:
        LabError: There is no such project, or MLflow does not answer.
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
