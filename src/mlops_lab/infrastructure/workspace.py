"""What Terraform needs on this machine, kept out of the checkout: data folders, plugin cache, backend, plan."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops_lab import catalog, projects
from mlops_lab.infrastructure.prediction_columns import columns
from mlops_lab.settings import Settings

NO_CHECKPOINT = {"CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1", "TF_INPUT": "0"}


@dataclass(frozen=True)
class Workspace:
    """Folders and files of one target."""

    settings: Settings

    @property
    def paths(self) -> catalog.Paths:
        """Folders of the checkout."""
        return catalog.Paths(self.settings.root, self.settings.state_dir)

    @property
    def folder(self) -> Path:
        """What belongs to the target: `terraform/<target>` in the lab's state folder."""
        return self.settings.state_dir / "terraform" / self.settings.target

    @property
    def bootstrap_state(self) -> Path:
        """Local state of `infra/bootstrap`."""
        return self.folder / "bootstrap.tfstate"

    @property
    def plan(self) -> Path:
        """The latest plan, which an apply carries out."""
        return self.folder / "lab.tfplan"

    def tfvars(self, module: Path) -> Path:
        """Values of a module's variables on the target."""
        return module / "environments" / f"{self.settings.target}.tfvars"

    def tfbackend(self) -> Path:
        """What the S3 backend needs on the target beside what `write_backend` writes."""
        return self.paths.infra / "environments" / f"{self.settings.target}.s3.tfbackend"

    @property
    def projects(self) -> dict[str, dict[str, Any]]:
        """Value of the variable `projects`: every project that is there, whatever the variable's default names."""
        repositories = projects.repositories()
        return {
            each.name: {
                "repository": repositories[each.name],
                **each.capacity,
                "fields": columns(each),
                "report": each.report,
            }
            for each in projects.every()
        }

    def log(self, command: str) -> Path:
        """Log of a command's latest run."""
        return self.paths.logs / f"terraform-{command}.log"

    def environment(self, data: str) -> dict[str, str]:
        """Environment of a Terraform process that keeps its data in the named folder."""
        cache = self.settings.state_dir / "terraform" / "plugins"
        cache.mkdir(parents=True, exist_ok=True)
        return self.settings.child_environment(
            **NO_CHECKPOINT,
            TF_CLI_CONFIG_FILE=str(self._write("terraform.rc", _installation(self.settings.plugin_mirror, cache))),
            TF_DATA_DIR=str(self.folder / data),
            TF_VAR_metric_period=str(self.settings.metric_period),
            **({"TF_VAR_mlflow_url": self.settings.mlflow_uri} if self.settings.mlflow_uri else {}),
        )

    def write_backend(self, account: str, partition: str, key: str) -> Path:
        """Write the S3 backend's partial configuration: where the state is, and through which role."""
        role = f"arn:{partition}:iam::{account}:role/{catalog.TERRAFORM_ROLE}"
        lines = [
            f"bucket = {json.dumps(catalog.state_bucket(account))}",
            f"key = {json.dumps(key)}",
            f"region = {json.dumps(self.settings.region)}",
            f"assume_role = {{ role_arn = {json.dumps(role)} }}",
        ]
        return self._write("backend.hcl", "\n".join(lines) + "\n")

    def _write(self, name: str, text: str) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / name
        path.write_text(text)
        return path


def _installation(mirror: Path | None, cache: Path) -> str:
    """Terraform's CLI configuration: providers from the mirror where there is one, else from their registry."""
    lines = [f"plugin_cache_dir = {json.dumps(str(cache))}"]
    if mirror is not None:
        path = json.dumps(str(mirror.resolve()))
        lines.append(f"provider_installation {{\n  filesystem_mirror {{\n    path = {path}\n  }}\n}}")
    return "\n".join(lines) + "\n"
