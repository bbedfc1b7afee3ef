"""What a new project is, told on the terminal: its columns, its first model, and what comes next."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mlops_lab.newproject.create import Created
from mlops_lab.projects.project import Classification, Column, Project, TimeSplit

SHOWN = {"classification": ("auc", "log_loss"), "regression": ("mae",)}
NEXT = (
    ("make demo", "where no lab is up yet: cloud, MLflow, the first project"),
    ("make apply", "its repository, service, alarms and dashboard"),
    ("make retrain PROJECT={name}", "register this model as the first champion"),
    ("make deploy PROJECT={name}", "put it behind the load balancer, at /{name}/predict"),
    ("make predict PROJECT={name}", "ask it for the example row"),
)


def tell(created: Created, console: Console) -> None:
    """Print what was made."""
    project = created.candidate.project
    read, labelled = created.rows
    if read > labelled:
        console.print(f"{read - labelled:,} of {read:,} rows have no label and are left out.")
    console.print(_columns(project))
    console.print(escape(_asked(project)))
    console.print(_figures(created))
    console.print("Written:")
    for path in created.files.all:
        console.print(f"  {path}", highlight=False)
    console.print(f"Read {created.files.declaration} first: every inference is a line there. Next:", highlight=False)
    for command, meaning in NEXT:
        console.print(f"  {command.format(name=project.name):<32} {meaning.format(name=project.name)}", highlight=False)


def _columns(project: Project) -> Table:
    table = Table("column", "kind", "the model", box=None, pad_edge=False)
    for column in project.columns:
        table.add_row(column.name, column.kind, escape(_role(project, column)))
    return table


def _role(project: Project, column: Column) -> str:
    if column.name == project.target:
        return "predicts it"
    if column.name in project.excluded:
        return f"does not see it: {project.excluded[column.name]}"
    names = [each.how.replace("_", " ") for each in project.derived if column.name in each.sources]
    return f"sees its {', '.join(names)}" if names else "sees it"


def _asked(project: Project) -> str:
    task = project.task
    split = "rows after those it learnt from" if isinstance(project.split, TimeSplit) else "rows drawn at random"
    if isinstance(task, Classification):
        return f"Classification: is {project.target} {task.positive!r}, not {task.negative!r}? Judged by {split}."
    return f"Regression: how much is {project.target}? Judged by {split}."


def _figures(created: Created) -> Table:
    evaluation, names = created.candidate.evaluation, SHOWN[created.candidate.project.task.kind]
    rows = {**evaluation.baselines, "this model": evaluation.metrics}
    table = Table(f"{len(evaluation.truth):,} held-out rows", *names, box=None, pad_edge=False)
    for name, metrics in rows.items():
        table.add_row(name, *(f"{metrics[each]:.4g}" for each in names))
    return table
