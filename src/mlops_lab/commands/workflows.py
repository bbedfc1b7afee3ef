"""GitHub's workflows on this machine, and what they leave on their pages."""

from typing import Annotated

import typer

from mlops_lab.commands import context
from mlops_lab.commands.context import ProjectName, console

app = typer.Typer()


@app.command()
def workflow(
    name: Annotated[str, typer.Argument(help="a file of .github/workflows", metavar="NAME")],
    given: Annotated[list[str] | None, typer.Option("--input", help="NAME=value, of the workflow's own")] = None,
    commit: Annotated[str, typer.Option(help="what is cloned and run")] = "HEAD",
) -> None:
    """Run a GitHub workflow file on this machine, against the embedded cloud."""
    from mlops_lab.delivery.workflow_run import run_workflow
    from mlops_lab.localcloud import control

    settings = control.require_up(context.local("workflow"))
    pairs = (each.partition("=") for each in given or ())
    inputs = {key.lower(): value for key, _, value in pairs}
    done = run_workflow(settings, name, inputs, lambda line: console.print(line, markup=False, highlight=False), commit)
    console.print(f"\n{done.summary}", markup=False, highlight=False)
    done.require_success()


@app.command()
def summary(project: ProjectName) -> None:
    """Print the newest training run of a project, or of this workflow run, as Markdown."""
    from mlops_lab.reporting.training_summary import newest

    typer.echo(newest(context.up(), project))


@app.command()
def live(project: ProjectName) -> None:
    """Print which model a project's live API serves, as Markdown."""
    from mlops_lab.reporting.training_summary import serving

    typer.echo(serving(context.up(), project))
