"""The projects of the lab: every module here with a ``PROJECT`` is one, found by its file name."""

from importlib import import_module
from pkgutil import iter_modules

from mlops_lab.catalog import repository
from mlops_lab.errors import LabError
from mlops_lab.projects.project import Project


def names() -> tuple[str, ...]:
    """Names of the known projects, sorted."""
    return tuple(sorted(module.name for module in iter_modules(__path__) if module.name != "project"))


def get(name: str) -> Project:
    """Return a project by its name.

    Raises:
        LabError: No project has this name.
    """
    if name not in names():
        raise LabError(f"PROJECT is {name!r}; use one of {', '.join(names())}.")
    found = import_module(f"{__name__}.{name}").PROJECT
    assert isinstance(found, Project)
    return found


def every() -> tuple[Project, ...]:
    """Return all projects in the order in which they came."""
    return tuple(sorted(map(get, names()), key=lambda project: (project.number, project.name)))


def repositories() -> dict[str, str]:
    """Return the ECR repository of each project's serving images, by name, in the order in which they came."""
    return {project.name: repository(project.number) for project in every()}
