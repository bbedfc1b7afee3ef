"""What is done to a service that is live."""

import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from mlops_lab.commands import context
from mlops_lab.commands.context import ProjectName, console

app = typer.Typer()


@app.command()
def load(
    project: ProjectName,
    profile: Annotated[str | None, typer.Option(help="stages RATE:SECONDS or FROM-TO:SECONDS, by commas")] = None,
    varied: Annotated[bool, typer.Option(help="random rows of the project's table, not its example row")] = False,
) -> None:
    """Offer requests at a rate to a project's live API."""
    from mlops_lab.load.live import PROFILE, load_and_show

    load_and_show(context.up(), project, profile or PROFILE, console, varied=varied)


@app.command()
def predictions(
    project: ProjectName,
    minutes: Annotated[int, typer.Option(min=1, help="how far to look back")] = 60,
    rows: Annotated[int, typer.Option(min=1, help="how many to show")] = 20,
) -> None:
    """Show the latest logged predictions of a project."""
    from mlops_lab.data.predictions import latest

    found = latest(context.up(), project, minutes)
    console.print(found.tail(rows).to_string(index=False), markup=False, highlight=False)
    console.print(f"{len(found):,} rows of {found['request_id'].nunique():,} requests in {minutes} minutes")


@app.command()
def dashboard(
    project: ProjectName,
    port: Annotated[int, typer.Option(min=0, max=65535, help="default: any free one")] = 0,
    minutes: Annotated[int | None, typer.Option(min=1, help="how far to look back (default: 3 hours)")] = None,
    png: Annotated[Path | None, typer.Option(help="write a picture instead of serving a page")] = None,
) -> None:
    """Show a project's CloudWatch dashboard with live data."""
    from mlops_lab.reporting.dashboard.show import show

    show(context.up(), project, console, port=port, minutes=minutes, png=png)


@app.command()
def drift(
    project: ProjectName,
    window: Annotated[str, typer.Option(help="2020-04, 2020-04-15 or 2020-04-01..2020-05-01 (default: all)")] = "",
) -> None:
    """Compare a project's prediction log with its champion's reference; any verdict is a success."""
    from mlops_lab.drift.report import show
    from mlops_lab.drift.watch import watch

    looked, run = watch(context.up(), project, window)
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
    from mlops_lab.data.window import spanned
    from mlops_lab.load.replay import SPEED, replay

    context.say(replay(context.up(), project, spanned(start, end or start), speed or SPEED, context.say))


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

    show(close(context.up(), project, start, end, speed or SPEED, Timeline(console)), console)


@app.command()
def notices() -> None:
    """Show the notices of alarms and budgets as they come, until Ctrl-C."""
    from mlops_lab.cloud.notices import subscribed

    ended = threading.Event()
    with subscribed(context.up(), lambda notice: context.say(notice.told)) as topic:
        console.print(f"Subscribed to {topic}; Ctrl-C ends it.")
        with suppress(KeyboardInterrupt):
            ended.wait()


@app.command()
def rotate(
    secret: Annotated[str, typer.Argument(help="api-key", metavar="SECRET")],
    overlap: Annotated[float, typer.Option(min=0, help="seconds in which both values are taken")] = 0.0,
) -> None:
    """Give a secret a new random value without a failed request."""
    from mlops_lab.delivery.rotation import rotate
    from mlops_lab.progress import Timeline

    done = rotate(context.up(), secret, Timeline(console).lane("secrets"), overlap)
    console.print(f"{done.parameter}: {done.before} -> {done.after} (fingerprints)")
