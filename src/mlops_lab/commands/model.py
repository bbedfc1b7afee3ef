"""Training, versions, images, deployment."""

import signal
import sys
from pathlib import Path
from typing import Annotated

import typer

from mlops_lab.commands import context
from mlops_lab.commands.context import ProjectName, console

app = typer.Typer()


@app.command()
def models(
    project: ProjectName, day: Annotated[str, typer.Option(help="also say what was in charge on this day")] = ""
) -> None:
    """List a project's registered versions and its promotions."""
    from mlops_lab.registry.listing import show

    show(context.up(), project, console, day)


@app.command()
def promote(
    project: ProjectName,
    why: Annotated[str, typer.Option(help="the reason, kept with the promotion")] = "",
    version: Annotated[str | None, typer.Option(help="default: the challenger")] = None,
) -> None:
    """Make a version that passed the gate the champion."""
    from mlops_lab.cloud.session import caller
    from mlops_lab.registry.promotion import promote
    from mlops_lab.registry.tracking import Registry

    settings = context.up()
    context.say(promote(Registry(settings, context.known(project)), version, caller(settings), why))


@app.command()
def canary(
    project: ProjectName,
    version: Annotated[str | None, typer.Option(help="default: the challenger, else the newest")] = None,
    plan: Annotated[str, typer.Option(help="per cents of the requests, by commas")] = "50",
    seconds: Annotated[float | None, typer.Option(min=1, help="of a step at least (default: 6 metric periods)")] = None,
    why: Annotated[str, typer.Option(help="the reason, kept with the promotion")] = "",
    fault: Annotated[
        str, typer.Option(help="put into the canary on purpose: crash, hash, errors, slow, leak, scores")
    ] = "",
    rehearse: Annotated[bool, typer.Option(help="roll back at the end, however good")] = False,
    load: Annotated[float | None, typer.Option(min=0, help="requests a second of its own (aws: none)")] = None,
) -> None:
    """Shift requests to a version step by step, judge it, and promote it or roll it back."""
    from mlops_lab.delivery.canary.display import Display, summary
    from mlops_lab.delivery.canary.opening import Wish
    from mlops_lab.delivery.canary.run import run_canary
    from mlops_lab.progress import Timeline

    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # it rolls back, as Ctrl-C does
    settings, wish = context.up(), Wish(version, plan, seconds, why, fault, rehearse, load)
    with Display(console) as display:
        done = run_canary(settings, context.known(project), wish, Timeline(console).lane("canary"), display)
    for line in summary(done):
        context.say(line)
    context.finish(done.succeeded)


@app.command()
def canaries(project: ProjectName) -> None:
    """List a project's canaries: what was shifted, what became of it, what clients lost."""
    from mlops_lab.delivery.canary.display import summary
    from mlops_lab.delivery.canary.state import records

    found = records(context.up(), context.known(project))
    for each in found:
        context.say("\n  ".join([f"{each.opened}  {summary(each)[0]}", *summary(each)[1:]]))
    if not found:
        context.say(f"{project} has had no canary; `make canary PROJECT={project}` releases one.")


@app.command()
def rollback(
    project: ProjectName, why: Annotated[str, typer.Option(help="the reason, kept with the promotion")] = ""
) -> None:
    """Roll back the project's open canary; where there is none, make the previous champion the champion again."""
    from mlops_lab.cloud.session import caller
    from mlops_lab.delivery.canary.display import Display, summary
    from mlops_lab.delivery.canary.run import revert_canary
    from mlops_lab.progress import Timeline
    from mlops_lab.registry.promotion import roll_back
    from mlops_lab.registry.tracking import Registry

    settings, name = context.up(), context.known(project)
    with Display(console) as display:
        reverted = revert_canary(settings, name, why, Timeline(console).lane("canary"), display)
    if reverted is None:
        context.say(roll_back(Registry(settings, name), caller(settings), why))
        return
    for line in ("A canary was open and is rolled back, in place of the champion.", *summary(reverted)):
        context.say(line)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def retrain_task(project: ProjectName, extra: typer.Context) -> None:
    """Retrain a project as an ECS task; what follows goes to `python -m mlops_lab.retrain`."""
    from mlops_lab.progress import Timeline
    from mlops_lab.workflow import retrain_task

    if code := retrain_task(context.up(), project, extra.args, Timeline(console)):
        raise typer.Exit(code)


@app.command()
def report_task(
    project: ProjectName,
    parameters: Annotated[list[str] | None, typer.Argument(help="of the notebook", metavar="[NAME=VALUE]...")] = None,
    clock: Annotated[bool, typer.Option(help="let the project's schedule start it")] = False,
) -> None:
    """Run the notebook that reports on a project's training as an ECS task, which keeps it in S3."""
    from mlops_lab.progress import Timeline
    from mlops_lab.workflow import report_task

    if code := report_task(context.up(), project, parameters or (), Timeline(console), by_the_clock=clock):
        raise typer.Exit(code)


@app.command()
def image(name: Annotated[str, typer.Argument(help="a project, or jobs", metavar="IMAGE")]) -> None:
    """Build and push a project's serving image, or the jobs image."""
    from mlops_lab.delivery.image import publish
    from mlops_lab.progress import Timeline

    console.print(publish(name, context.up(), Timeline(console).lane("image")).uri)


@app.command()
def deploy(
    project: ProjectName, version: Annotated[str | None, typer.Option(help="default: the newest")] = None
) -> None:
    """Deploy a model version onto a project's ECS service."""
    from mlops_lab.progress import Timeline
    from mlops_lab.workflow import deploy_version

    deploy_version(context.up(), project, version, Timeline(console))


@app.command()
def new_project(
    name: Annotated[str, typer.Argument(help="lower-case letters and digits", metavar="NAME")],
    data: Annotated[Path, typer.Argument(help="a .csv or .parquet file", metavar="DATA")],
    label: Annotated[str, typer.Argument(help="the column to predict", metavar="LABEL")],
    time: Annotated[str | None, typer.Option(help="the column to split by (default: at random)")] = None,
) -> None:
    """Make a project of a table and train it once; no cloud is needed."""
    from mlops_lab.newproject.create import Wish, create
    from mlops_lab.newproject.summary import tell
    from mlops_lab.progress import Timeline

    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # it ends as Ctrl-C does: clean
    tell(create(Wish(name, data, label, time), context.here(), Timeline(console)), console)
