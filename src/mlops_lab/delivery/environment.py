"""The environments of the process form: what runs a packaged application, at the lock's versions."""

import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

from mlops_lab.delivery.assembly import assembling, folder_size
from mlops_lab.errors import LabError

DESCRIPTION = "environment.json"
COMPILE = ("-m", "compileall", "-q", "-j", "0")


@dataclass(frozen=True)
class Environment:
    """A virtual environment with an extra's dependencies and nothing else, described by what it is made from."""

    root: Path  # of the checkout
    folder: Path  # where environments are kept
    extra: str  # of pyproject.toml

    @property
    def description(self) -> bytes:
        """A JSON document of everything that decides what is installed: the same bytes for the same environment."""
        return _description(self.root, self.extra)

    @property
    def path(self) -> Path:
        """Where it is or will be; another interpreter of the same version has another."""
        content = self.description + sys.base_prefix.encode()
        return self.folder / hashlib.sha256(content).hexdigest()[:32]

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.path / "bin" / "python"

    @property
    def size_bytes(self) -> int:
        """Bytes of its files."""
        return folder_size(self.path)

    def ensure(self) -> bool:
        """Install it where it is missing; return whether it was.

        Raises:
            LabError: The packages cannot be installed.
        """
        if (self.path / DESCRIPTION).is_file():
            return False
        with assembling(self.path) as new:
            _run([sys.executable, "-m", "venv", "--without-pip", str(new)])
            requirements = new / "requirements.in"
            requirements.write_text("\n".join(json.loads(self.description)["requirements"]))
            python = str(new / "bin" / "python")
            _run([*_installer(python), "--constraint", str(self._lock), "--requirement", str(requirements)])
            _run([python, *COMPILE, str(new / "lib")])
            (new / DESCRIPTION).write_bytes(self.description)
        return True

    @property
    def _lock(self) -> Path:
        return self.root / "requirements.lock"


@dataclass(frozen=True)
class OwnEnvironment:
    """The environment that the lab itself runs in, from the same lock: installing a gigabyte twice serves nobody."""

    root: Path  # of the checkout
    extra: str

    @property
    def description(self) -> bytes:
        """As an environment's of its own would be."""
        return _description(self.root, self.extra)

    @property
    def python(self) -> Path:
        """The running interpreter."""
        return Path(sys.executable)

    @property
    def size_bytes(self) -> int:
        """Nothing: no file is added."""
        return 0

    def ensure(self) -> bool:
        """It is there, for it runs this."""
        return False


def _description(root: Path, extra: str) -> bytes:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    content = {
        "python": platform.python_version(),
        "platform": f"{platform.system()}-{platform.machine()}".lower(),
        "requirements": sorted([*project["dependencies"], *project["optional-dependencies"][extra]]),
        "lock_sha256": hashlib.sha256((root / "requirements.lock").read_bytes()).hexdigest(),
    }
    return json.dumps(content, sort_keys=True, indent=1).encode()


def _installer(python: str) -> list[str]:
    """The command that installs into an environment: uv where it works, else pip."""
    for uv in (str(Path(sys.executable).with_name("uv")), shutil.which("uv")):
        if uv and _works([uv, "--version"]):
            return [uv, "pip", "install", "--quiet", "--python", python]
    return [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check"]


def _works(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines() or [f"exit code {done.returncode}"]
        raise LabError(f"The serving environment cannot be installed: {said[-1]} ({' '.join(command[:4])} ...).")
