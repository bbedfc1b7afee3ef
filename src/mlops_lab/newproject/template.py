"""The project's file, written as one would write it by hand: only what is not a field's default."""

import subprocess
import sys
from dataclasses import MISSING, fields
from datetime import date
from typing import Any

from mlops_lab.projects.project import Classification, Project

ESTIMATORS = {
    "classification": ('"""Gradient boosting on histograms, as scikit-learn configures it."""', "Classifier", ""),
    "regression": (
        '"""Gradient boosting on histograms for the median, which the mean absolute error asks for."""',
        "Regressor",
        'loss="absolute_error", ',
    ),
}
PAGE = '''"""Project {number}: {title}. Written by `make new-project`; from here on it is yours."""

{imports}

COLUMNS = {columns}


def estimator(seed: int) -> Any:
    {docstring}
    from sklearn.ensemble import {estimator}  # here: naming a project must not load scikit-learn

    return {estimator}({arguments}random_state=seed)


PROJECT = Project({fields})
'''
SEARCH = """{
    "learning_rate": (0.05, 0.1, 0.15),
    "max_iter": (100, 200, 300),
    "max_leaf_nodes": (15, 31, 63),
    "min_samples_leaf": (10, 20, 50),
}"""
COMMENTS = {
    "task": "A wrong yes costs as much as a wrong no: state what they cost you.",
    "margin": "A challenger is better at all, and not by chance: state from where it is worth a deployment.",
    "gates": "It has learnt something: state what you expect of it.",
}
BY_POSITION = {  # as one writes them by hand
    "Column": ("name", "kind", "description"),
    "Classification": ("negative", "positive", "costs"),
    "Derived": ("name", "how", "sources"),
    "Gate": ("metric",),
    "Regression": ("unit",),
    "TimeSplit": ("column",),
    "Window": ("start", "end"),
}
OMITTED = ("columns", "estimator", "search_space")


def source(project: Project) -> str:
    """Return the file of a project, formatted."""
    docstring, kind, arguments = ESTIMATORS[project.task.kind]
    stated = {name: _code(value) for name, value in _stated(project).items()}
    stated |= {"columns": "COLUMNS", "estimator": "estimator", "search_space": SEARCH}
    ordered = [field.name for field in fields(Project) if field.name in stated]
    lines = [f"{_comment(project, name)}{name}={stated[name]}," for name in ordered]
    text = PAGE.format(
        number=project.number,
        title=_plain(project.title),
        imports=_imports(project),
        columns=f"({' '.join(_code(column) + ',' for column in project.columns)})",
        docstring=docstring,
        estimator=f"HistGradientBoosting{kind}",
        arguments=arguments,
        fields="\n    " + "\n    ".join(lines) + "\n",
    )
    return formatted(text)


def formatted(text: str) -> str:
    """Format Python as the lab's own; text that cannot be formatted here stays as it is."""
    command = [sys.executable, "-m", "ruff", "format", "--quiet", "--isolated", "--line-length", "120", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else text


def _stated(project: Project) -> dict[str, Any]:
    """Return the fields of the declaration that differ from their defaults, in order."""
    return {name: value for name, value in _differing(project).items() if name not in OMITTED}


def _differing(value: Any) -> dict[str, Any]:
    found = {}
    for field in fields(value):
        default = field.default_factory() if field.default_factory is not MISSING else field.default
        if (given := getattr(value, field.name)) != default:
            found[field.name] = given
    return found


def _code(value: Any) -> str:
    """Return a value as code."""
    if isinstance(value, date):
        return f"date({value.year}, {value.month}, {value.day})"
    if isinstance(value, tuple):
        inner = ", ".join(map(_code, value))
        many = any(hasattr(each, "__dataclass_fields__") for each in value)  # one a line
        return f"({inner},)" if len(value) == 1 or many else f"({inner})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_code(key)}: {_code(each)}" for key, each in value.items()) + "}"
    if hasattr(value, "__dataclass_fields__"):
        bare = BY_POSITION.get(type(value).__name__, ())
        stated = {name: _code(each) for name, each in _differing(value).items()}
        parts = [each if name in bare else f"{name}={each}" for name, each in stated.items()]
        return f"{type(value).__name__}({', '.join(parts)})"
    return f"{value:_}" if type(value) is int and value >= 10_000 else repr(value)


def _imports(project: Project) -> str:
    text = "".join(_code(value) for value in _stated(project).values())
    known = ("Classification", "CostMatrix", "Dataset", "Derived", "Gate", "RandomSplit", "Regression")
    names = ["Column", "Project", *known, "StratifiedSplit", "TimeSplit", "Window"]
    used = sorted(name for name in names if f"{name}(" in text or name in ("Column", "Project"))
    dates = "from datetime import date\n" if "date(" in text else ""
    return f"{dates}from typing import Any\n\nfrom mlops_lab.projects.project import {_listed(used)}"


def _listed(names: list[str]) -> str:
    line = ", ".join(names)
    return line if len(line) <= 75 else f"({line},)"


def _comment(project: Project, name: str) -> str:
    told = COMMENTS.get(name, "")
    if name == "task" and not isinstance(project.task, Classification):
        return ""
    return f"# {told}\n    " if told else ""


def _plain(text: str) -> str:
    """Text that may stand in a docstring."""
    return text.replace("\\", "/").replace('"', "'")
