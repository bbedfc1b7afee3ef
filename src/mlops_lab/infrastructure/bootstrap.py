"""The ground the state stands on: the bucket and the role of `infra/bootstrap`, whose own state is a local file."""

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from mlops_lab import catalog
from mlops_lab.cloud.session import client, explained
from mlops_lab.errors import LabError
from mlops_lab.infrastructure.process import Process
from mlops_lab.infrastructure.workspace import Workspace
from mlops_lab.settings import Settings

# What Terraform calls the two things that may exist already, and their addresses.
ADOPTED = {"bucket": "aws_s3_bucket", "role": "aws_iam_role"}


@dataclass(frozen=True)
class Bootstrap:
    """Makes and removes bucket and role."""

    workspace: Workspace
    process: Process
    account: str

    def ensure(self, *variables: str) -> None:
        """Make bucket and role, or take over those of an earlier clone; does nothing where they are as they should be.

        Raises:
            LabError: The bucket is another account's, or Terraform failed.
        """
        self._init()
        self.process.stream("apply", "-auto-approve", *self._variables(), *variables)

    def remove(self) -> None:
        """Destroy bucket, every state in it, and role."""
        if self._states_are_kept():
            self.ensure("-var=force_destroy=true")
        self._init()
        self.process.stream("destroy", "-auto-approve", *self._variables())
        self.workspace.bootstrap_state.unlink(missing_ok=True)

    def bucket_exists(self) -> bool:
        """Whether there is a state bucket."""
        return _bucket_exists(self.workspace.settings, catalog.state_bucket(self.account))

    def _init(self) -> None:
        path = f"-backend-config=path={self.workspace.bootstrap_state}"
        self.process.stream("init", "-reconfigure", "-lockfile=readonly", path)

    def _variables(self) -> list[str]:
        settings, module = self.workspace.settings, self.process.module
        adopt = json.dumps(self._adoptable())
        return [f"-var-file={self.workspace.tfvars(module)}", f"-var=region={settings.region}", f"-var=adopt={adopt}"]

    def _adoptable(self) -> list[str]:
        """What exists in the account and not in the local state."""
        settings, known = self.workspace.settings, self._known()
        exists = {"bucket": self.bucket_exists(), "role": _role_exists(settings)}
        return [name for name, kind in ADOPTED.items() if exists[name] and kind not in known]

    def _states_are_kept(self) -> bool:
        """Whether Terraform would refuse to delete a bucket that holds states."""
        return not self._known().get(ADOPTED["bucket"], {}).get("force_destroy", False)

    def _known(self) -> dict[str, Any]:
        """Attributes of what the local state has, by type."""
        path = self.workspace.bootstrap_state
        if not path.exists():
            return {}
        resources = json.loads(path.read_text())["resources"]
        managed = [each for each in resources if each["mode"] == "managed" and each["instances"]]
        return {each["type"]: each["instances"][0]["attributes"] for each in managed}


def _bucket_exists(settings: Settings, bucket: str) -> bool:
    with explained(settings):
        try:
            client(settings, "s3").head_bucket(Bucket=bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] == "404":
                return False
            if error.response["Error"]["Code"] == "403":
                raise LabError(
                    f"Bucket {bucket} exists and is closed to you; use credentials that may read it."
                ) from error
            raise
    return True


def _role_exists(settings: Settings) -> bool:
    with explained(settings):
        try:
            client(settings, "iam").get_role(RoleName=catalog.TERRAFORM_ROLE)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchEntity":
                return False
            raise
    return True
