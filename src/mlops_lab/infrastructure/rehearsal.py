"""Applies the configuration from nothing to an empty account and destroys it again, beside the lab that runs."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mlops_lab.errors import LabError
from mlops_lab.infrastructure import binary
from mlops_lab.infrastructure.leftovers import leftovers
from mlops_lab.infrastructure.terraform import Terraform
from mlops_lab.outcomes.outcome import NotApplicableError
from mlops_lab.progress import Say, silent
from mlops_lab.settings import Settings


@dataclass(frozen=True)
class Rehearsal:
    """What was seen."""

    resources: int
    apply_seconds: float
    second_plan: tuple[str, ...]  # what it would still change: "update aws_lb.this"
    destroy_seconds: float
    left: tuple[str, ...]

    @property
    def second_plan_changes(self) -> int:
        """Number of resources the second plan would change."""
        return len(self.second_plan)


def rehearse(settings: Settings, say: Say = silent) -> Rehearsal:
    """Bootstrap, apply, plan again and destroy in a control plane of its own, with a state folder of its own.

    Raises:
        LabError: Terraform failed.
        NotApplicableError: The target is aws, where a second, empty account would be needed.
    """
    if not settings.is_local:
        raise NotApplicableError("needs an empty account; `make destroy` on aws checks by tag that nothing is left")
    with tempfile.TemporaryDirectory(prefix="rehearsal-") as folder, empty_account(Path(folder)) as port:
        empty = _settings(settings, Path(folder) / "state", port)
        terraform = Terraform(empty, say)
        start = time.monotonic()
        terraform.bootstrap()
        applied = terraform.apply()
        apply_seconds = time.monotonic() - start
        second = tuple(terraform.plan().splitlines()[:-1])
        start = time.monotonic()
        terraform.destroy()
        left = tuple(leftovers(empty))
        return Rehearsal(applied.add, apply_seconds, second, time.monotonic() - start, left)


def _settings(settings: Settings, state: Path, port: int) -> Settings:
    """The same settings for the empty account; providers come from what the lab has already installed."""
    installed = settings.state_dir / "terraform" / "plugins"
    changed = {
        "state": state,
        "cloud_port": port,
        "terraform": binary.find(settings),
        "plugin_mirror": settings.plugin_mirror or (installed if any(installed.glob("*/*/*/*")) else None),
    }
    return Settings(**settings.model_dump() | changed)


@contextmanager
def empty_account(folder: Path) -> Iterator[int]:
    """Run a control plane on a free port; yield the port."""
    command = [sys.executable, "-m", "mlops_lab.localcloud.plane", "--state-dir", str(folder / "plane"), "--port", "0"]
    log = folder / "plane.log"
    with (
        log.open("w") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            if not url:
                raise LabError(f"The rehearsal's control plane did not start: {log.read_text()[-300:].strip()}")
            yield int(url.rpartition(":")[2])
        finally:
            process.terminate()
