"""Terraform over `infra/` on the target: init, plan, apply, destroy, and what they leave to read."""

import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from mlops_lab import catalog
from mlops_lab.cloud.session import client, explained
from mlops_lab.errors import LabError
from mlops_lab.finops import guard
from mlops_lab.infrastructure import binary, check
from mlops_lab.infrastructure.account import Account, identify
from mlops_lab.infrastructure.bootstrap import Bootstrap
from mlops_lab.infrastructure.leftovers import deregister_releases, leftovers
from mlops_lab.infrastructure.process import Process
from mlops_lab.infrastructure.transcript import Changes, Transcript
from mlops_lab.infrastructure.workspace import Workspace
from mlops_lab.progress import Say, silent
from mlops_lab.settings import Settings

PARALLELISM = "-parallelism=40"  # most of an apply is waiting
CHANGES = 2  # exit code of `plan -detailed-exitcode`
PATIENCE_SECONDS = 60.0  # AWS's list of tags trails a deletion


def ask_on_terminal(question: str) -> bool:
    """Ask the person at the terminal; nobody there is no consent."""
    if not sys.stdin.isatty():
        raise LabError(f"{question} Nobody is there to answer; set LAB_AUTO_APPROVE=true to go on without asking.")
    return input(f"{question} Type 'yes': ").strip() == "yes"


@dataclass(frozen=True)
class Terraform:
    """The lab's infrastructure on one target. Every method asks who is calling first, and initialises what it needs."""

    settings: Settings
    say: Say = silent
    ask: Callable[[str], bool] = ask_on_terminal

    def bootstrap(self) -> None:
        """Make the state bucket and Terraform's role, or take over those of an earlier clone.

        Raises:
            LabError: No credentials, or Terraform failed.
        """
        self._bootstrap.ensure()

    def init(self) -> None:
        """Link `infra/` to its state in S3.

        Raises:
            LabError: No credentials, no state bucket, or Terraform failed.
        """
        if not self._bootstrap.bucket_exists():
            bucket = catalog.state_bucket(self._account.id)
            raise LabError(f"State bucket {bucket} does not exist; run `make apply`, which makes it.")
        backend = self._workspace.write_backend(self._account.id, self._account.partition, catalog.STATE_KEY)
        files = [f"-backend-config={self._workspace.tfbackend()}", f"-backend-config={backend}"]
        self._process.stream("init", "-reconfigure", "-lockfile=readonly", *files)

    def plan(self) -> str:
        """Say what an apply would change, one line a resource."""
        told = self._plan()
        return "\n".join([*told.actions, f"Plan: {told.changes}."])

    def changes(self) -> Changes:
        """Count what an apply would change."""
        return self._plan().changes

    def apply(self) -> Changes:
        """Bring the target to what `infra/` says; asks first on aws.

        Raises:
            LabError: Dearer than allowed, not agreed, or Terraform failed.
        """
        planned = self._plan().changes
        if planned.total:
            self._check_cost()
            self._agree(f"Apply to AWS account {self._account.id}: {planned}?")
            _, told = self._process.stream("apply", PARALLELISM, str(self._workspace.plan), planned=planned)
            return told.changes
        return planned

    def destroy(self) -> None:
        """Destroy everything, the state bucket last, and check that nothing is left; asks first on aws.

        Raises:
            LabError: Not agreed, Terraform failed, or something with the lab's tag is left.
        """
        self._agree(f"Destroy the lab in AWS account {self._account.id}, its state and what its buckets hold?")
        if self._bootstrap.bucket_exists():
            self.init()
            self._process.stream("destroy", "-auto-approve", PARALLELISM, *self._variables)
            deregister_releases(self.settings)
            self._bootstrap.remove()
        if left := self._left():
            raise LabError(f"{len(left)} resources are left after destroy: {', '.join(left)}; delete them by hand.")

    def output(self) -> dict[str, Any]:
        """Values of the outputs, by name."""
        self.init()
        values: dict[str, Any] = json.loads(self._process.capture("output", "-json"))
        return {name: each["value"] for name, each in values.items()}

    def show_json(self) -> dict[str, Any]:
        """Return the state as `terraform show -json` writes it."""
        self.init()
        state: dict[str, Any] = json.loads(self._process.capture("show", "-json"))
        return state

    def plan_json(self, variables: Mapping[str, str]) -> dict[str, Any]:
        """Return a plan with other values of some variables, as `terraform show -json` writes it.

        Changes nothing, asks AWS about no resource and takes no lock.
        """
        self.init()
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/what-if.tfplan"
            given = [f"-var={name}={value}" for name, value in variables.items()]
            self._process.stream("plan", "-refresh=false", "-lock=false", f"-out={path}", *self._variables, *given)
            plan: dict[str, Any] = json.loads(self._process.capture("show", "-json", path))
            return plan

    def validate(self) -> None:
        """Check the format and the validity of `infra/`, and run its tests with mock providers; needs no cloud.

        Raises:
            LabError: What is wrong, in Terraform's words.
        """
        check.run(self._workspace, self._process)

    def backend(self) -> Mapping[str, Any]:
        """Return the backend `infra/` is linked to: its `type` and `config`."""
        path = self._workspace.folder / "main" / "terraform.tfstate"
        if not path.exists():
            raise LabError("infra/ is not initialised; run `make apply` first.")
        backend: dict[str, Any] = json.loads(path.read_text())["backend"]
        return backend

    def refused_while_locked(self) -> str:
        """Hold the state's lock, try a second writer, and return Terraform's words of refusal.

        Raises:
            LabError: Somebody else holds the lock, or the second writer was not refused.
        """
        self.init()
        with self._lock():
            code, told = self._process.stream("plan", "-refresh=false", *self._variables, accepted=(0, 1))
        refusal = next((each for each in told.errors if "state lock" in each), None)
        if code == 0 or refusal is None:
            raise LabError(f"A second writer was not refused for the lock (exit code {code}: {told.errors}).")
        return refusal.partition(":")[0]

    def _plan(self) -> Transcript:
        self.init()
        arguments = ["-detailed-exitcode", f"-out={self._workspace.plan}", PARALLELISM, *self._variables]
        _, told = self._process.stream("plan", *arguments, accepted=(0, CHANGES))
        return told

    def _check_cost(self) -> None:
        """Refuse a plan that is dearer than allowed, where somebody is billed."""
        limit = self.settings.monthly_limit
        if limit is not None:
            plan = json.loads(self._process.capture("show", "-json", str(self._workspace.plan)))
            self.say(guard.allow(plan, limit, self.settings.confirm_cost))

    def _agree(self, question: str) -> None:
        if self.settings.is_local or self.settings.auto_approve:
            return
        if not self.ask(question):
            raise LabError("Not agreed; nothing was changed.")

    def _left(self) -> list[str]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (left := leftovers(self.settings)) and time.monotonic() < deadline:
            time.sleep(2)
        return left

    @contextmanager
    def _lock(self) -> Iterator[None]:
        """Hold the lock as Terraform does: an object beside the state that is written only where there is none."""
        s3, bucket = client(self.settings, "s3"), catalog.state_bucket(self._account.id)
        key = f"{catalog.STATE_KEY}.tflock"
        info = {"ID": "lab", "Operation": "OutcomeCheck", "Info": "", "Who": "mlops-lab", "Version": "", "Path": key}
        with explained(self.settings):
            try:
                s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(info).encode(), IfNoneMatch="*")
            except ClientError as error:
                if error.response["Error"]["Code"] == "PreconditionFailed":
                    raise LabError(f"The state is locked (s3://{bucket}/{key}); let the other run end.") from error
                raise
        try:
            yield
        finally:
            with explained(self.settings):
                s3.delete_object(Bucket=bucket, Key=key)

    @cached_property
    def _account(self) -> Account:
        return identify(self.settings)

    @cached_property
    def _workspace(self) -> Workspace:
        return Workspace(self.settings)

    @cached_property
    def _process(self) -> Process:
        found, paths = binary.find(self.settings), self._workspace.paths
        return Process(found, paths.infra, self._workspace.environment("main"), self._workspace.log, self.say)

    @cached_property
    def _bootstrap(self) -> Bootstrap:
        module = self._workspace.paths.bootstrap
        environment = self._workspace.environment("bootstrap")
        process = replace(self._process, module=module, environment=environment, log=self._bootstrap_log)
        return Bootstrap(self._workspace, process, self._account.id)

    def _bootstrap_log(self, command: str) -> Any:
        return self._workspace.log(f"bootstrap-{command}")

    @property
    def _variables(self) -> list[str]:
        return [
            f"-var=projects={json.dumps(self._workspace.projects)}",  # a file of values may say otherwise
            f"-var-file={self._workspace.tfvars(self._workspace.paths.infra)}",
            f"-var=region={self.settings.region}",
        ]
