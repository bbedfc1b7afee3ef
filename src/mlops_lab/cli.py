"""The command line behind the Makefile: each command reads the settings, calls the package, prints the result."""

import sys

import typer
from rich.console import Console
from rich.text import Text

from mlops_lab.commands import cloud, infrastructure, model, operation, proof, workflows
from mlops_lab.errors import LabError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
for section in (cloud, infrastructure, model, workflows, operation, proof):
    app.add_typer(section.app)


def main() -> None:
    """Run a command; a LabError is one line and exit code 1."""
    try:
        app()
    except LabError as error:
        Console(stderr=True, soft_wrap=True).print(Text.assemble(("error: ", "red"), str(error)))
        sys.exit(1)
