"""A dashboard as it is now, as a PNG for a report."""

from datetime import timedelta
from pathlib import Path

from mlops_lab.cloud.session import client, explained
from mlops_lab.reporting.dashboard import live, picture
from mlops_lab.reporting.dashboard.view import View
from mlops_lab.reporting.picture import save
from mlops_lab.settings import Settings


def snapshot(settings: Settings, name: str, path: Path, back: timedelta | None = None) -> View:
    """Write a dashboard's picture and return what is in it.

    Args:
        settings: The target.
        name: Name of the dashboard.
        path: A .png or .svg file; its folder is made.
        back: How far to look back; None: as far as the dashboard says, else three hours.

    Raises:
        LabError: There is no such dashboard, or the target does not answer.
    """
    with explained(settings):
        view = live.read(client(settings, "cloudwatch"), name, back)
    path.parent.mkdir(parents=True, exist_ok=True)
    save(picture.draw(view), path)
    return view
