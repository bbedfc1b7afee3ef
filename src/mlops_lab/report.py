"""Report: run the notebook that tells of a project's training, where it is scheduled to, and keep it in S3."""

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mlops_lab import catalog, projects
from mlops_lab.cloud import session
from mlops_lab.errors import LabError
from mlops_lab.projects.project import Project
from mlops_lab.reporting.notebooks import NotebookFailedError, execute_week, publish
from mlops_lab.reporting.parameters import assigned
from mlops_lab.settings import Settings, read_settings

TYPES = {".ipynb": "application/x-ipynb+json", ".html": "text/html; charset=utf-8"}


@dataclass(frozen=True)
class Reported:
    """Where an executed notebook and its page are kept."""

    project: str
    week: int
    page_uri: str
    notebook_uri: str


def report(project: Project, settings: Settings, week: int, given: Mapping[str, Any]) -> Reported:
    """Run a week's notebook on a project and upload it, executed, with its page.

    A notebook of which a cell fails is uploaded too, as far as it came, below a prefix that ends in `-failed`.

    Args:
        project: Of whose training the notebook tells; its parameter `project_name`.
        settings: Where; the notebook is executed in its state folder.
        week: Whose notebook.
        given: Other parameters of it.

    Raises:
        LabError: There is no such notebook, a parameter is unknown or of another type, a cell failed, or S3 refuses.
    """
    begun = datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ")
    try:
        executed = execute_week(settings, week, {**given, "project_name": project.name})
    except NotebookFailedError as error:
        kept = _upload(project, settings, week, error.executed, f"{begun}-failed")
        raise LabError(f"{error.reason}; the executed notebook is {kept.page_uri}.") from None
    return _upload(project, settings, week, executed, begun)


def _upload(project: Project, settings: Settings, week: int, executed: Path, run: str) -> Reported:
    page = publish(executed, executed.parent / run, settings.root)
    prefix = f"{catalog.reports_prefix(project.name)}week{week}/{run}/"
    with session.explained(settings):
        s3, bucket = session.client(settings, "s3"), catalog.predictions_bucket(session.account(settings))
        for path in (page.with_suffix(".ipynb"), page):
            s3.put_object(Bucket=bucket, Key=prefix + path.name, Body=path.read_bytes(), ContentType=TYPES[path.suffix])
    uri = f"s3://{bucket}/{prefix}{page.name}"
    return Reported(project.name, week, uri, uri.removesuffix(".html") + ".ipynb")


def main(arguments: Sequence[str] | None = None) -> int:
    """Report from the command line: the result is one line of JSON on stdout."""
    parser = argparse.ArgumentParser(prog="python -m mlops_lab.report", description=__doc__)
    parser.add_argument("--project", required=True, help=f"one of {', '.join(projects.names())}")
    parser.add_argument("--week", required=True, type=int, help="whose notebook")
    parser.add_argument("parameters", nargs="*", metavar="name=value", help="of the notebook")
    options = parser.parse_intermixed_args(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        with tempfile.TemporaryDirectory(prefix="report-") as folder:  # a task's root is read-only
            settings = read_settings(state=Path(folder))
            done = report(projects.get(options.project), settings, options.week, assigned(options.parameters))
    except LabError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    print(json.dumps(asdict(done)))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
