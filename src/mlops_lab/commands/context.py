"""What commands have in common: the console, the settings, how they end."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mlops_lab.errors import LabError
from mlops_lab.settings import Settings, read_settings

console = Console(soft_wrap=not sys.stdout.isatty())
ProjectName = Annotated[str, typer.Argument(help="income, or another project of the lab", metavar="PROJECT")]


def say(text: object) -> None:
    """Print a text as it is: brackets and figures in it mean nothing to the console."""
    console.print(str(text), markup=False, highlight=False)


def here() -> Settings:
    """Read the settings of the checkout in which the command is run."""
    return read_settings(root=Path.cwd())


def up() -> Settings:
    """Read the settings of a target that is up.

    Raises:
        LabError: The embedded cloud does not run.
    """
    from mlops_lab.localcloud import control

    return control.require_up(here())


def local(command: str) -> Settings:
    """Read the settings where the target is the embedded cloud.

    Raises:
        LabError: It is not.
    """
    settings = here()
    if not settings.is_local:
        raise LabError(
            f"`make {command}` is for the embedded cloud and TARGET is {settings.target!r}; AWS is always up."
        )
    return settings


def known(project: str) -> str:
    """Return the name of a project.

    Raises:
        LabError: There is none of this name.
    """
    from mlops_lab import projects

    return projects.get(project).name


def finish(passed: bool) -> None:
    """End with exit code 1 unless everything passed."""
    if not passed:
        raise typer.Exit(1)
