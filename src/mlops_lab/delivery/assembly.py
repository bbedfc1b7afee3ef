"""Folders that are there as a whole or not at all."""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def assembling(final: Path) -> Iterator[Path]:
    """Yield a folder that becomes `final` when the body ends well; what a killed process left of it is removed first.

    To be called under `alone`.
    """
    new = final.with_name(f"{final.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        yield new
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    shutil.rmtree(final, ignore_errors=True)
    new.rename(final)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one process at a time assemble in a folder; the others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def folder_size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
