"""The command line behind the Makefile: each command reads the settings, calls the package, prints the result."""

import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from mlops_lab.errors import LabError
from mlops_lab.settings import Settings, read_settings

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
console = Console(soft_wrap=not sys.stdout.isatty())

ProjectName = Annotated[str, typer.Argument(help="income, or another project of the lab", metavar="PROJECT")]
# The commands import what they need when they run: `mlops-lab status` has no use for MLflow.


@app.command()
def demo() -> None:
    """From nothing to a live prediction, verified."""
    from mlops_lab.workflow import demo

    _finish(demo(_settings(), console))


@app.command()
def up() -> None:
    """Start the embedded cloud."""
    from mlops_lab.localcloud import control

    settings = _local_settings("up")
    started = control.up(settings)
    verb = "started" if started else "already up"
    console.print(f"The embedded cloud is {verb}: AWS {settings.endpoint_url}, load balancer {settings.balancer_url}")


@app.command()
def down() -> None:
    """Stop the embedded cloud and keep its state."""
    from mlops_lab.localcloud import control

    stopped = control.down(_local_settings("down"))
    console.print("The embedded cloud is stopped; `make up` continues." if stopped else "Nothing was running.")


@app.command()
def reset() -> None:
    """Stop the embedded cloud and forget its state."""
    from mlops_lab.localcloud import control

    control.reset(_local_settings("reset"))
    console.print("The embedded cloud and its state are gone.")


@app.command()
def status() -> None:
    """Show what runs."""
    from mlops_lab.status import show

    show(_settings(), console)


@app.command()
def logs(project: ProjectName, lines: int = 40) -> None:
    """Print the latest log lines of a project's tasks."""
    from mlops_lab.cloud.logs import latest

    for line in latest(_up(), project, lines):
        _print(line)


@app.command()
def plan() -> None:
    """Show what Terraform would change."""
    from mlops_lab.infrastructure.terraform import Terraform

    _print(Terraform(_up()).plan())


@app.command()
def apply() -> None:
    """Apply the state bucket, Terraform's role and the infrastructure."""
    from mlops_lab.progress import Timeline
    from mlops_lab.workflow import apply

    apply(_up(), Timeline(console))


@app.command()
def check() -> None:
    """Check the Terraform configuration: format, validity, tests; no cloud is needed."""
    from mlops_lab.infrastructure.terraform import Terraform
    from mlops_lab.progress import Timeline

    Terraform(_settings(), Timeline(console).lane("terraform")).validate()


@app.command()
def outputs() -> None:
    """Print Terraform's outputs."""
    from mlops_lab.infrastructure.terraform import Terraform

    console.print_json(data=Terraform(_up()).output())


@app.command()
def destroy() -> None:
    """Destroy the infrastructure; fail when anything with the lab's tag is left."""
    from mlops_lab.progress import Timeline
    from mlops_lab.workflow import destroy

    destroy(_up(), Timeline(console))


@app.command()
def image(name: Annotated[str, typer.Argument(help="a project, or jobs", metavar="IMAGE")]) -> None:
    """Build and push a project's serving image, or the jobs image."""
    from mlops_lab.delivery.image import publish
    from mlops_lab.progress import Timeline

    console.print(publish(name, _up(), Timeline(console).lane("image")).uri)


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
    tell(create(Wish(name, data, label, time), _settings(), Timeline(console)), console)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def retrain_task(project: ProjectName, context: typer.Context) -> None:
    """Retrain a project as an ECS task; what follows goes to `python -m mlops_lab.retrain`."""
    from mlops_lab.progress import Timeline
    from mlops_lab.workflow import retrain_task

    if code := retrain_task(_up(), project, context.args, Timeline(console)):
        raise typer.Exit(code)


@app.command()
def deploy(
    project: ProjectName, version: Annotated[str | None, typer.Option(help="default: the newest")] = None
) -> None:
    """Deploy a model version onto a project's ECS service."""
    from mlops_lab.progress import Timeline
    from mlops_lab.workflow import deploy_version

    deploy_version(_up(), project, version, Timeline(console))


@app.command()
def models(
    project: ProjectName, day: Annotated[str, typer.Option(help="also say what was in charge on this day")] = ""
) -> None:
    """List a project's registered versions and its promotions."""
    from mlops_lab.registry.listing import show

    show(_up(), project, console, day)


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

    settings = _up()
    _print(promote(Registry(settings, _known(project)), version, caller(settings), why))


@app.command()
def rollback(
    project: ProjectName, why: Annotated[str, typer.Option(help="the reason, kept with the promotion")] = ""
) -> None:
    """Make the previous champion the champion again."""
    from mlops_lab.cloud.session import caller
    from mlops_lab.registry.promotion import roll_back
    from mlops_lab.registry.tracking import Registry

    settings = _up()
    _print(roll_back(Registry(settings, _known(project)), caller(settings), why))


@app.command()
def rotate(
    secret: Annotated[str, typer.Argument(help="api-key", metavar="SECRET")],
    overlap: Annotated[float, typer.Option(min=0, help="seconds in which both values are taken")] = 0.0,
) -> None:
    """Give a secret a new random value without a failed request."""
    from mlops_lab.delivery.rotation import rotate
    from mlops_lab.progress import Timeline

    done = rotate(_up(), secret, Timeline(console).lane("secrets"), overlap)
    console.print(f"{done.parameter}: {done.before} -> {done.after} (fingerprints)")


@app.command()
def predict(project: ProjectName) -> None:
    """Ask the live API for a prediction of the project's example row."""
    from mlops_lab.cloud.api import predict_example

    console.print_json(data=predict_example(_up(), project))


@app.command()
def predictions(
    project: ProjectName,
    minutes: Annotated[int, typer.Option(min=1, help="how far to look back")] = 60,
    rows: Annotated[int, typer.Option(min=1, help="how many to show")] = 20,
) -> None:
    """Show the latest logged predictions of a project."""
    from mlops_lab.data.predictions import latest

    found = latest(_up(), project, minutes)
    console.print(found.tail(rows).to_string(index=False), markup=False, highlight=False)
    console.print(f"{len(found):,} rows of {found['request_id'].nunique():,} requests in {minutes} minutes")


@app.command()
def load(
    project: ProjectName,
    profile: Annotated[str | None, typer.Option(help="stages RATE:SECONDS or FROM-TO:SECONDS, by commas")] = None,
    varied: Annotated[bool, typer.Option(help="random rows of the project's table, not its example row")] = False,
) -> None:
    """Offer requests at a rate to a project's live API."""
    from mlops_lab.load.live import PROFILE, load_and_show

    load_and_show(_up(), project, profile or PROFILE, console, varied=varied)


@app.command()
def dashboard(
    project: ProjectName,
    port: Annotated[int, typer.Option(min=0, max=65535, help="default: any free one")] = 0,
    minutes: Annotated[int | None, typer.Option(min=1, help="how far to look back (default: 3 hours)")] = None,
    png: Annotated[Path | None, typer.Option(help="write a picture instead of serving a page")] = None,
) -> None:
    """Show a project's CloudWatch dashboard with live data."""
    from mlops_lab.reporting.dashboard.show import show

    show(_up(), project, console, port=port, minutes=minutes, png=png)


@app.command()
def drift(
    project: ProjectName,
    window: Annotated[str, typer.Option(help="2020-04, 2020-04-15 or 2020-04-01..2020-05-01 (default: all)")] = "",
) -> None:
    """Compare a project's prediction log with its champion's reference; any verdict is a success."""
    from mlops_lab.drift.report import show
    from mlops_lab.drift.watch import watch

    looked, run = watch(_up(), project, window)
    show(looked, console)
    console.print(f"MLflow run {run}", highlight=False)


@app.command()
def traffic(
    project: ProjectName,
    start: Annotated[str, typer.Option("--from", help="first month or day, such as 2020-01")],
    end: Annotated[str, typer.Option("--to", help="last month or day (default: the first)")] = "",
    speed: Annotated[
        float | None, typer.Option(min=1, help="times the rows' own pace (default: a month in 13 s)")
    ] = None,
) -> None:
    """Send a project's own rows to its live API in order of time, and their labels after them."""
    from mlops_lab.drift.window import spanned
    from mlops_lab.load.replay import SPEED, replay

    _print(replay(_up(), project, spanned(start, end or start), speed or SPEED, _print))


@app.command()
def loop(
    project: ProjectName,
    start: Annotated[str, typer.Option("--from", help="first month")] = "2020-01",
    end: Annotated[str, typer.Option("--to", help="last month")] = "2020-06",
    speed: Annotated[
        float | None, typer.Option(min=1, help="times the rows' own pace (default: a month in 13 s)")
    ] = None,
) -> None:
    """Close the loop over some months: traffic, drift, retraining, gate, deployment, promotion; what is done stays."""
    from mlops_lab.load.replay import SPEED
    from mlops_lab.loop.close import close
    from mlops_lab.loop.report import show
    from mlops_lab.progress import Timeline

    show(close(_up(), project, start, end, speed or SPEED, Timeline(console)), console)


@app.command()
def notices() -> None:
    """Show the notices of alarms and budgets as they come, until Ctrl-C."""
    from mlops_lab.cloud.notices import subscribed

    ended = threading.Event()
    with subscribed(_up(), lambda notice: _print(notice.told)) as topic:
        console.print(f"Subscribed to {topic}; Ctrl-C ends it.")
        with suppress(KeyboardInterrupt):
            ended.wait()


@app.command()
def release(
    version: Annotated[str, typer.Argument(help="such as v1.0-infra", metavar="VERSION")],
    dry_run: Annotated[bool, typer.Option(help="do everything but write")] = False,
) -> None:
    """Verify a version's outcomes anew, write its changelog entry and its annotated tag."""
    from mlops_lab.delivery.release import release, verify_anew

    made = release(version, _up(), dry_run=dry_run, verify=verify_anew, say=console.print)
    _print(made.entry)


@app.command()
def verify(week: Annotated[int | None, typer.Option(min=1, max=7)] = None) -> None:
    """Run the outcome checks."""
    from mlops_lab.outcomes.verify import verify

    _finish(verify(_up(), console, week))


@app.command()
def week(number: Annotated[int, typer.Argument(min=1, max=7)]) -> None:
    """Do a week's work, run its notebook, verify its outcomes."""
    from mlops_lab.weeks import week

    _finish(week(_settings(), number, console))


@app.command()
def report(week: Annotated[int, typer.Argument(min=1, max=7)]) -> None:
    """Run a week's notebook through papermill into reports/."""
    from mlops_lab.reporting.notebooks import run_week

    console.print(f"written: {run_week(_up(), week)}")


@app.command()
def workflow(
    name: Annotated[str, typer.Argument(help="a file of .github/workflows", metavar="NAME")],
    given: Annotated[list[str] | None, typer.Option("--input", help="NAME=value, of the workflow's own")] = None,
    commit: Annotated[str, typer.Option(help="what is cloned and run")] = "HEAD",
) -> None:
    """Run a GitHub workflow file on this machine, against the embedded cloud."""
    from mlops_lab.delivery.workflow_run import run_workflow
    from mlops_lab.localcloud import control

    settings = control.require_up(_local_settings("workflow"))
    pairs = (each.partition("=") for each in given or ())
    inputs = {key.lower(): value for key, _, value in pairs}
    done = run_workflow(settings, name, inputs, lambda line: console.print(line, markup=False, highlight=False), commit)
    console.print(f"\n{done.summary}", markup=False, highlight=False)
    done.require_success()


@app.command()
def summary(project: ProjectName) -> None:
    """Print the newest training run of a project, or of this workflow run, as Markdown."""
    from mlops_lab.reporting.training_summary import newest

    typer.echo(newest(_up(), project))


@app.command()
def live(project: ProjectName) -> None:
    """Print which model a project's live API serves, as Markdown."""
    from mlops_lab.reporting.training_summary import serving

    typer.echo(serving(_up(), project))


@app.command()
def coverage() -> None:
    """Write the coverage that was measured into reports/, as a figure and a badge."""
    from mlops_lab.reporting.coverage_badge import write

    root = _settings().root
    typer.echo(write(root, root / "reports"))


@app.command()
def docs() -> None:
    """Write the generated tables of the README."""
    from mlops_lab.documents import write

    console.print(write(_settings().root))


def main() -> None:
    """Run a command; a LabError is one line and exit code 1."""
    try:
        app()
    except LabError as error:
        Console(stderr=True, soft_wrap=True).print(Text.assemble(("error: ", "red"), str(error)))
        sys.exit(1)


def _print(text: object) -> None:
    """Print a text as it is: brackets and figures in it mean nothing to the console."""
    console.print(str(text), markup=False, highlight=False)


def _settings() -> Settings:
    return read_settings(root=Path.cwd())


def _up() -> Settings:
    from mlops_lab.localcloud import control

    return control.require_up(_settings())


def _local_settings(command: str) -> Settings:
    settings = _settings()
    if not settings.is_local:
        raise LabError(
            f"`make {command}` is for the embedded cloud and TARGET is {settings.target!r}; AWS is always up."
        )
    return settings


def _known(project: str) -> str:
    from mlops_lab import projects

    return projects.get(project).name


def _finish(passed: bool) -> None:
    if not passed:
        raise typer.Exit(1)
