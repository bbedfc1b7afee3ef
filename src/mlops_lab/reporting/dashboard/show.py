"""A project's dashboard for whoever looks now: a page that refreshes, or a picture."""

from datetime import timedelta
from pathlib import Path

from rich.console import Console

from mlops_lab import catalog, projects
from mlops_lab.errors import LabError
from mlops_lab.reporting.dashboard.server import serve
from mlops_lab.reporting.dashboard.snapshot import snapshot
from mlops_lab.settings import Settings

PICTURES = (".png", ".svg")


def show(
    settings: Settings, project: str, console: Console, *, port: int, minutes: int | None, png: Path | None
) -> None:
    """Serve a project's dashboard until Ctrl-C, or write its picture.

    Args:
        settings: The target.
        project: Name of the project.
        console: Gets the address or the file's name.
        port: Of the page on this machine; 0 is any free one.
        minutes: How far to look back; None: as far as the dashboard says.
        png: File of the picture; None: serve the page.

    Raises:
        LabError: There is no such project or dashboard, the port is taken, or the file is no picture.
    """
    name = catalog.dashboard(projects.get(project).name)
    back = None if minutes is None else timedelta(minutes=minutes)
    if png is not None:
        if png.suffix not in PICTURES:
            raise LabError(f"PNG is {str(png)!r}; name a file that ends in {' or '.join(PICTURES)}.")
        snapshot(settings, name, png, back)
        console.print(f"written: {png}")
        return
    with serve(settings, name, port) as server:
        span = "" if minutes is None else f"?minutes={minutes}"
        console.print(f"Dashboard {name}: {server.url}{span}  (Ctrl-C ends it)")
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            console.print("closed")
