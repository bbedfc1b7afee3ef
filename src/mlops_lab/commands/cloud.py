"""The embedded cloud and what answers in it."""

import typer

from mlops_lab.commands import context
from mlops_lab.commands.context import ProjectName, console

app = typer.Typer()


@app.command()
def demo() -> None:
    """From nothing to a live prediction, verified."""
    from mlops_lab.demo import demo

    context.finish(demo(context.here(), console))


@app.command()
def predict(project: ProjectName) -> None:
    """Ask the live API for a prediction of the project's example row."""
    from mlops_lab.cloud.api import predict_example

    console.print_json(data=predict_example(context.up(), project))


@app.command()
def up() -> None:
    """Start the embedded cloud."""
    from mlops_lab.localcloud import control

    settings = context.local("up")
    started = control.up(settings)
    verb = "started" if started else "already up"
    console.print(f"The embedded cloud is {verb}: AWS {settings.endpoint_url}, load balancer {settings.balancer_url}")


@app.command()
def down() -> None:
    """Stop the embedded cloud and keep its state."""
    from mlops_lab.localcloud import control

    stopped = control.down(context.local("down"))
    console.print("The embedded cloud is stopped; `make up` continues." if stopped else "Nothing was running.")


@app.command()
def status() -> None:
    """Show what runs."""
    from mlops_lab.status import show

    show(context.here(), console)


@app.command()
def logs(project: ProjectName, lines: int = 40) -> None:
    """Print the latest log lines of a project's tasks."""
    from mlops_lab.cloud.logs import latest

    for line in latest(context.up(), project, lines):
        context.say(line)


@app.command()
def reset() -> None:
    """Stop the embedded cloud and forget its state."""
    from mlops_lab.localcloud import control

    control.reset(context.local("reset"))
    console.print("The embedded cloud and its state are gone.")
