"""A new project's files: where each has its place, and how they come there all or none."""

import keyword
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mlops_lab import catalog, projects
from mlops_lab.errors import LabError

NAME = re.compile(r"[a-z][a-z0-9]{1,11}")
RESERVED = {"project", catalog.JOBS, "mlflow"}  # a module, an image, a service and its log group


@dataclass(frozen=True)
class Files:
    """Paths of a project's files, relative to the checkout; the one that makes it a project comes last."""

    name: str

    @property
    def data(self) -> Path:
        """Its table."""
        return Path("data") / f"{self.name}.parquet"

    @property
    def tests(self) -> Path:
        """Its tests."""
        return Path("tests/unit/projects") / f"test_{self.name}.py"

    @property
    def notebook(self) -> Path:
        """Its notebook."""
        return Path("notebooks") / f"project_{self.name}.ipynb"

    @property
    def declaration(self) -> Path:
        """The file that declares it."""
        return Path("src/mlops_lab/projects") / f"{self.name}.py"

    @property
    def all(self) -> tuple[Path, ...]:
        """All of them, in the order in which they are put in place."""
        return (self.data, self.tests, self.notebook, self.declaration)

    def refuse_taken(self, root: Path) -> None:
        """Refuse a name that cannot be a project's or is one's already.

        Raises:
            LabError: Why.
        """
        if not NAME.fullmatch(self.name) or keyword.iskeyword(self.name) or self.name in RESERVED:
            raise LabError(
                f"NAME is {self.name!r}; use 2 to 12 lower-case letters and digits, beginning with a letter, no word of"
                f" Python and none of {', '.join(sorted(RESERVED))}: it names files, tasks and a path of the API."
            )
        if self.name in projects.names():
            raise LabError(f"NAME is {self.name!r}, which is a project already; choose another name.")
        if there := [str(path) for path in self.all if (root / path).exists()]:
            raise LabError(f"NAME is {self.name!r}, and {there[0]} exists already; choose another or remove it.")


@contextmanager
def staged(folder: Path, files: Files) -> Iterator[Path]:
    """Yield an empty folder, laid out as a checkout; whatever happens, it is gone afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        for path in files.all:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def put_in_place(files: Files, staging: Path, root: Path) -> None:
    """Move a project's files from a staging folder into the checkout; where one cannot be moved, none stays.

    Raises:
        LabError: A file cannot be written.
    """
    moved: list[Path] = []
    try:
        for path in files.all:
            moved.append(root / path)
            shutil.move(staging / path, root / path)
    except BaseException as error:
        for path in moved:
            with suppress(OSError):  # the one that could not be moved may have no folder
                path.unlink()
        if isinstance(error, OSError):
            raise LabError(f"{moved[-1]} cannot be written ({error.strerror}); nothing was written.") from None
        raise
