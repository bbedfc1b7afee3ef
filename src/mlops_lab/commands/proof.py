"""Outcomes, weeks, reports, releases."""

from typing import Annotated

import typer

from mlops_lab.commands import context
from mlops_lab.commands.context import ProjectName, console

app = typer.Typer()


@app.command()
def verify(week: Annotated[int | None, typer.Option(min=1, max=7)] = None) -> None:
    """Run the outcome checks."""
    from mlops_lab.outcomes.verify import verify

    context.finish(verify(context.up(), console, week))


@app.command()
def week(number: Annotated[int, typer.Argument(min=1, max=7)]) -> None:
    """Do a week's work, run its notebook, verify its outcomes."""
    from mlops_lab.weeks import week

    context.finish(week(context.here(), number, console))


@app.command()
def times() -> None:
    """Show where the time of the last demo and of the last test run went."""
    from mlops_lab.times.show import show

    show(context.here().state_dir, console)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def timed(name: Annotated[str, typer.Argument(help="as make times calls it")], command: typer.Context) -> None:
    """Run a command of the tests, keep when it began and ended, and end as it does."""
    from mlops_lab.times.record import timed

    raise typer.Exit(timed(context.here().state_dir, name, command.args))


@app.command()
def drills(name: Annotated[str | None, typer.Argument(help="of a RUNBOOK entry; all without it")] = None) -> None:
    """Make the RUNBOOK's failures and run its entries' own commands against them."""
    from mlops_lab.drills.run import run, show

    done = run(context.up(), name, console.print)
    show(done, console)
    context.finish(all(each.passed for each in done))


@app.command()
def chaos(
    fault: Annotated[str | None, typer.Argument(help="one of them; all without it")] = None,
    during: Annotated[str | None, typer.Option(help="deploy, canary, retraining, promotion")] = None,
    minutes: Annotated[float, typer.Option(min=0, max=60, help="after which no experiment is begun")] = 30,
) -> None:
    """Let things fail under load and in the middle of releases, and check what must hold all the same."""
    from mlops_lab.catalog import Paths
    from mlops_lab.chaos.experiment import document, plan, run, show
    from mlops_lab.localcloud import control
    from mlops_lab.reporting.site.records import Kept, write

    chosen = plan(fault, during)
    settings = control.require_up(context.local("chaos"))
    done = run(settings, chosen, minutes, context.say)
    show(done, console)
    paths, found = Paths(settings.root, settings.state_dir), document(settings, done)
    is_whole = len(done) == len(plan())
    context.say(f"written: {write(Kept(paths.reports).chaos if is_whole else paths.chaos, found)}")
    context.finish(all(each.holds for each in done))


@app.command()
def release(
    version: Annotated[str, typer.Argument(help="such as v1.0-infra", metavar="VERSION")],
    dry_run: Annotated[bool, typer.Option(help="do everything but write")] = False,
) -> None:
    """Verify a version's outcomes anew, write its changelog entry and its annotated tag."""
    from mlops_lab.delivery.release import release, verify_anew

    made = release(version, context.up(), dry_run=dry_run, verify=verify_anew, say=console.print)
    context.say(made.entry)


@app.command()
def report(
    week: Annotated[int, typer.Argument(min=1, max=7)],
    parameters: Annotated[list[str] | None, typer.Argument(help="of the notebook", metavar="[NAME=VALUE]...")] = None,
) -> None:
    """Run a week's notebook through papermill into reports/."""
    from mlops_lab.reporting.notebooks import run_week
    from mlops_lab.reporting.parameters import assigned

    given = assigned(parameters or ())
    context.say(f"written: {run_week(context.up(), week, given)}")


@app.command()
def reports(project: ProjectName) -> None:
    """List a project's scheduled reports in S3, and fetch the newest."""
    from mlops_lab.reporting.scheduled import fetch

    context.say(fetch(context.up(), context.known(project)))


@app.command()
def coverage() -> None:
    """Write the coverage that was measured into reports/, as a figure and a badge."""
    from mlops_lab.reporting.coverage_badge import write

    root = context.here().root
    typer.echo(write(root, root / "reports"))


@app.command()
def docs() -> None:
    """Write the generated tables of the README."""
    from mlops_lab.documents import write

    console.print(write(context.here().root))


@app.command()
def site(
    address: Annotated[str, typer.Option(help="where the sources are browsed, such as https://github.com/o/n")] = "",
) -> None:
    """Build the report site from what is kept under reports/."""
    from mlops_lab.reporting.site.build import build

    console.print(f"written: {build(context.here().root / 'reports', address)}")


@app.command()
def record() -> None:
    """Record what the site shows of a lab that is up."""
    from mlops_lab.reporting.site.record import record

    settings = context.up()
    record(settings, settings.root / "reports", context.say)


@app.command()
def lab(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8888,
    browser: Annotated[bool, typer.Option(help="open a browser")] = True,
) -> None:
    """Open JupyterLab on the notebooks, their kernel and parameters set."""
    from mlops_lab.reporting.workbench import open_lab

    open_lab(context.here(), context.say, port, browser)


@app.command()
def links() -> None:
    """Look for links that lead nowhere, in the documents and in a site built anew."""
    from mlops_lab.outcomes.week7 import broken_links

    found = broken_links(context.here().root)
    context.say("\n".join(found) or "no broken link, no request to another site")
    context.finish(not found)


@app.command()
def walkthrough(
    scenes: Annotated[str, typer.Option(help="to film anew, by commas (default: all)")] = "",
    rehearse: Annotated[bool, typer.Option(help="film these scenes only, into the lab's state")] = False,
) -> None:
    """Film the lab at work, with captions, into reports/walkthrough."""
    from mlops_lab.progress import Timeline
    from mlops_lab.walkthrough.record import walkthrough
    from mlops_lab.walkthrough.scene import source

    names = [name.strip() for name in scenes.split(",") if name.strip()]
    film = walkthrough(context.local("walkthrough"), source(), names, rehearse, Timeline(console).lane("film"))
    console.print(f"written: {film}")
