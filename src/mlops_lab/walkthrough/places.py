"""The pages of a lab that is up, by the names that scenes give them."""

import re
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from mlops_lab import catalog
from mlops_lab.cloud import api
from mlops_lab.errors import LabError
from mlops_lab.reporting.dashboard.server import serve
from mlops_lab.reporting.site.build import build
from mlops_lab.settings import Settings
from mlops_lab.walkthrough.scene import View

NAME = re.compile(r"\{(\w+)(?::([\w-]+))?\}")  # {mlflow} or {dashboard:income}


class Places:
    """Resolves names to addresses; what it starts for that runs until it is closed."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._stack = ExitStack()
        self._known: dict[str, str] = {}
        self._made: Mapping[str, Callable[[str], str]] = {
            "mlflow": lambda _: api.mlflow_uri(settings),
            "api": lambda project: f"{api.base_url(settings)}/{project}",
            "experiment": self._experiment,
            "dashboard": self._dashboard,
            "reports": lambda _: self._reports.as_uri(),
            "site": lambda _: build(self._reports).parent.as_uri(),
        }

    def __enter__(self) -> "Places":
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """End what was started."""
        self._stack.close()

    def resolved(self, view: View) -> View:
        """Return a view with the address that its page has now.

        Raises:
            LabError: It names no place, or the place does not answer.
        """
        return replace(view, page=NAME.sub(lambda found: self._place(*found.group(0, 1, 2)), view.page))

    def _place(self, whole: str, name: str, argument: str | None) -> str:
        if name not in self._made:
            raise LabError(f"{whole} is no place of the lab; use one of {', '.join(sorted(self._made))}.")
        if whole not in self._known:
            self._known[whole] = self._made[name](argument or "")
        return self._known[whole]

    @property
    def _reports(self) -> Path:
        return catalog.Paths(self._settings.root, self._settings.state_dir).reports

    def _experiment(self, name: str) -> str:
        import httpx

        uri = api.mlflow_uri(self._settings)
        try:
            answer = httpx.get(f"{uri}/api/2.0/mlflow/experiments/get-by-name", params={"experiment_name": name})
            answer.raise_for_status()
        except httpx.HTTPError as error:
            raise LabError(
                f"MLflow has no experiment {name!r} ({error}); `make retrain PROJECT={name}` logs one."
            ) from None
        return f"{uri}/#/experiments/{answer.json()['experiment']['experiment_id']}"

    def _dashboard(self, project: str) -> str:
        server = serve(self._settings, catalog.dashboard(project))
        self._stack.callback(server.server_close)
        self._stack.callback(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server.url
