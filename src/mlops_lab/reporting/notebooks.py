"""A week's notebook, executed: parameters checked, run through papermill in this environment, kept with its page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mlops_lab.catalog import Paths
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

CELL_SECONDS = 900  # a cell that takes longer hangs


class NotebookFailedError(LabError):
    """A cell failed, took too long, or ended its kernel: why, and the notebook as far as it came."""

    def __init__(self, reason: str, executed: Path):
        super().__init__(f"{reason}; the executed notebook is {executed}.")
        self.reason, self.executed = reason, executed


def run_week(settings: Settings, week: int, parameters: Mapping[str, Any] | None = None) -> Path:
    """Execute a week's notebook into `reports/weekN/` and return its HTML page, which is beside it.

    A run that fails replaces nothing in `reports/`: it is kept in the lab's state.

    Raises:
        LabError: There is no such notebook, a parameter is unknown or of another type, or a cell failed.
    """
    executed = execute_week(settings, week, parameters)
    return publish(executed, Paths(settings.root, settings.state_dir).reports / f"week{week}", settings.root)


def execute_week(settings: Settings, week: int, parameters: Mapping[str, Any] | None = None) -> Path:
    """Execute `notebooks/weekN_*.ipynb` into the lab's state, and return the executed notebook.

    Parameters come from `notebooks/parameters/weekN.yaml` and the caller, who wins. The kernel is this environment's
    Python in the repository's root.

    Raises:
        NotebookFailedError: A cell failed.
        LabError: There is no such notebook, or a parameter is unknown or of another type.
    """
    from mlops_lab.reporting.parameters import parameters as checked

    notebooks = Paths(settings.root, settings.state_dir).notebooks
    notebook = find(notebooks, week)
    values = checked(notebook, notebooks / "parameters" / f"week{week}.yaml", parameters)
    trial = settings.state_dir / "reports" / f"week{week}" / notebook.name
    trial.parent.mkdir(parents=True, exist_ok=True)
    execute(notebook, trial, values, settings)
    return trial


def find(notebooks: Path, week: int) -> Path:
    """Find a week's notebook.

    Raises:
        LabError: There is none.
    """
    if found := sorted(notebooks.glob(f"week{week}_*.ipynb")):
        return found[0]
    weeks = sorted({path.name.partition("_")[0].removeprefix("week") for path in notebooks.glob("week*_*.ipynb")})
    raise LabError(f"Week {week} has no notebook in {notebooks}; weeks with one: {', '.join(weeks) or 'none'}.")


def execute(notebook: Path, output: Path, values: Mapping[str, Any], settings: Settings) -> None:
    """Run a notebook into a file; its kernel speaks to the target of the settings.

    Raises:
        NotebookFailedError: A cell failed, took too long, or ended its kernel; what was executed is in the output file.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    from mlops_lab.reporting.kernel import engine_arguments

    profile = str(settings.state_dir / "ipython")  # not the user's own, whose start-up files would run too
    environment = settings.child_environment(**settings.exported, IPYTHONDIR=profile)
    try:
        papermill.execute_notebook(
            notebook,
            output,
            parameters=dict(values),
            kernel_name="python3",
            progress_bar=False,
            execution_timeout=CELL_SECONDS,
            **engine_arguments(environment, str(settings.root)),
        )
    except PapermillExecutionError as error:
        raise NotebookFailedError(_failure(error, notebook), output) from None
    except (CellTimeoutError, DeadKernelError) as error:
        first = str(error).strip().splitlines()[0]
        raise NotebookFailedError(f"{notebook.name} did not end: {first}", output) from None


def publish(executed: Path, folder: Path, root: Path) -> Path:
    """Write an executed notebook and its page into a folder, without the paths of this machine; return the page."""
    import nbformat

    from mlops_lab.reporting.page import write_page

    notebook = nbformat.read(executed, as_version=4)  # type: ignore[no-untyped-call]
    record = notebook.metadata.get("papermill", {})
    for key in ("input_path", "output_path"):
        record[key] = str(Path(record[key]).relative_to(root)) if root in Path(record[key]).parents else executed.name
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / executed.name)  # type: ignore[no-untyped-call]
    return write_page(notebook, (folder / executed.name).with_suffix(".html"))


def _failure(error: Any, notebook: Path) -> str:
    lines = (line.strip() for line in error.source.splitlines())
    line = next((line for line in lines if line and not line.startswith("#")), "")
    value = " ".join(str(error.evalue).split())
    return f"{notebook.name}, cell In [{error.exec_count}] (`{line}`) failed: {error.ename}: {value}"
