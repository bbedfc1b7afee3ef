"""Terraform."""

from typing import Annotated

import typer

from mlops_lab.commands import context
from mlops_lab.commands.context import console

app = typer.Typer()


@app.command()
def plan() -> None:
    """Show what Terraform would change."""
    from mlops_lab.infrastructure.terraform import Terraform

    context.say(Terraform(context.up()).plan())


@app.command()
def apply() -> None:
    """Apply the state bucket, Terraform's role and the infrastructure."""
    from mlops_lab.progress import Timeline
    from mlops_lab.workflow import apply

    apply(context.up(), Timeline(console))


@app.command()
def check() -> None:
    """Check the Terraform configuration: format, validity, tests; no cloud is needed."""
    from mlops_lab.infrastructure.terraform import Terraform
    from mlops_lab.progress import Timeline

    Terraform(context.here(), Timeline(console).lane("terraform")).validate()


@app.command()
def outputs() -> None:
    """Print Terraform's outputs."""
    from mlops_lab.infrastructure.terraform import Terraform

    console.print_json(data=Terraform(context.up()).output())


@app.command()
def destroy() -> None:
    """Destroy the infrastructure; fail when anything with the lab's tag is left."""
    from mlops_lab.progress import Timeline
    from mlops_lab.workflow import destroy

    destroy(context.up(), Timeline(console))


@app.command()
def cost() -> None:
    """Show what was spent, the budget, and what a month is projected to cost; keep it as JSON."""
    from mlops_lab.finops.report import make
    from mlops_lab.finops.show import show
    from mlops_lab.progress import Timeline

    show(make(context.up(), Timeline(console).lane("terraform")), console)


@app.command()
def limits() -> None:
    """Measure what tasks use under load, beside their limits; keep it as JSON."""
    from mlops_lab.finops.limits import measure
    from mlops_lab.finops.show import limits_table
    from mlops_lab.progress import Timeline

    console.print(limits_table(measure(context.up(), Timeline(console).lane("limits"))))


@app.command()
def security_summary() -> None:
    """Write the Security & FinOps summary and print it."""
    from mlops_lab.finops.security_summary import make

    context.say(make(context.up()).text)


@app.command()
def iam_review(
    run: Annotated[bool, typer.Option(help="first let the roles that schedules take do their work")] = False,
) -> None:
    """Hold what roles called against what they may; fail where a grant has neither a call nor a reason."""
    from mlops_lab.progress import Timeline
    from mlops_lab.security.review import make
    from mlops_lab.security.show import show
    from mlops_lab.workflow import exercise_roles

    settings = context.up()
    if run:
        exercise_roles(settings, Timeline(console))
    review = make(settings)
    show(review, console)
    if review.findings:
        raise typer.Exit(1)
