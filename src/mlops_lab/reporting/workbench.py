"""JupyterLab on copies of the weekly notebooks that are ready to run by hand: kernel named, parameters in place."""

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

from mlops_lab.catalog import Paths
from mlops_lab.errors import LabError
from mlops_lab.localcloud import control
from mlops_lab.progress import Say
from mlops_lab.settings import LOOPBACK, Settings

KERNEL, KERNEL_TITLE = "mlops-lab", "MLOps Portfolio Lab"
PREPARED = ".prepared.json"  # copy -> SHA-256 of it as it was written: another one holds somebody's work
ROOT = "--ServerApp.allow_root=True"  # a container's only user may use it too: it answers this machine and a token
QUIET = ("--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.news_url=None")


def open_lab(settings: Settings, say: Say, port: int, browser: bool) -> NoReturn:
    """Prepare the copies and become JupyterLab on this machine's loopback interface, until Ctrl-C.

    Args:
        settings: The target; its variables are the kernels' own.
        say: Gets a line about what is done.
        port: Of the server; where it is taken, Jupyter takes the next free one and says so.
        browser: Whether a browser is opened.
    """
    try:
        settings = control.require_up(settings)
    except LabError as error:
        say(f"{error} Notebooks that ask the lab fail until then.")
    install_kernel(Path(sys.prefix))
    folder = prepare(settings, say)
    words = [sys.executable, "-m", "jupyterlab", *_options(folder, port), *([] if browser else ["--no-browser"])]
    os.execve(words[0], words, settings.child_environment(**settings.exported))


def install_kernel(prefix: Path) -> Path:
    """Install the kernel of this environment's Python under the lab's name into an environment; return its folder."""
    from ipykernel.kernelspec import install

    return Path(install(kernel_name=KERNEL, display_name=KERNEL_TITLE, prefix=str(prefix)))


def prepare(settings: Settings, say: Say) -> Path:
    """Write a copy of each notebook with its kernel and its file's parameters; a copy that was worked on is kept.

    Raises:
        LabError: A parameter file is wrong.
    """
    paths = Paths(settings.root, settings.state_dir)
    folder = settings.state_dir / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    known = _known(folder)
    for source in sorted(paths.notebooks.glob("week*_*.ipynb")):
        copy, wanted = folder / source.name, ready(source, paths.notebooks / "parameters")
        if copy.is_file() and _digest(copy.read_bytes()) != known.get(source.name):
            say(f"{copy} was worked on and is kept; remove it for a fresh one.")
            continue
        copy.write_bytes(wanted)
        known[source.name] = _digest(wanted)
    (folder / PREPARED).write_text(json.dumps(known, indent=1))
    say(f"Notebooks are ready in {folder}; their parameters come from {paths.notebooks / 'parameters'}.")
    return folder


def ready(notebook: Path, folder: Path) -> bytes:
    """Return a notebook with the lab's kernel, and with the parameters of its file in a cell of their own.

    Raises:
        LabError: The file is no YAML, or names a parameter that the notebook has not.
    """
    import nbformat
    from papermill.iorw import load_notebook_node
    from papermill.parameterize import parameterize_notebook

    from mlops_lab.reporting.parameters import parameters

    week = notebook.name.partition("_")[0]
    book: Any = load_notebook_node(str(notebook))
    if values := parameters(notebook, folder / f"{week}.yaml"):
        said = f"From notebooks/parameters/{week}.yaml; change them here or there"
        book = parameterize_notebook(book, values, comment=said)
    book.metadata["kernelspec"] = {"name": KERNEL, "display_name": KERNEL_TITLE, "language": "python"}
    book.metadata.pop("papermill", None)
    for number, cell in enumerate(book.cells):
        cell.metadata.pop("papermill", None)
        cell["id"] = f"cell-{number}"  # an injected cell has a random one, and equal notebooks are equal bytes
    return str(nbformat.writes(book)).encode()  # type: ignore[no-untyped-call]


def _options(folder: Path, port: int) -> list[str]:
    return [f"--ServerApp.root_dir={folder}", f"--ServerApp.ip={LOOPBACK}", f"--ServerApp.port={port}", ROOT, *QUIET]


def _known(folder: Path) -> dict[str, str]:
    try:
        found: Mapping[str, str] = json.loads((folder / PREPARED).read_text())
    except (OSError, ValueError):
        return {}
    return dict(found)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
