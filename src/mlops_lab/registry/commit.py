"""The commit that a model was trained from."""

import subprocess
from pathlib import Path

UNKNOWN = "unknown"


def current_commit(root: Path) -> str:
    """Return the checkout's commit, with ``-dirty`` where files differ from it, or ``unknown`` outside of one."""
    commit = _git(root, "rev-parse", "HEAD")
    if commit is None:
        return UNKNOWN
    return f"{commit}-dirty" if _git(root, "status", "--porcelain", "--untracked-files=no") else commit


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
