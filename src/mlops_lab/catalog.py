"""The only place with names, paths, buckets and keys.

Terraform's variable defaults repeat the names that it creates; `tests/e2e` compares the two after an apply.
"""

from pathlib import Path

NAME = "mlops-lab"
TAGS = {"Project": NAME}
CLUSTER = NAME
BALANCER = NAME
TOPIC = f"{NAME}-notices"
TERRAFORM_ROLE = f"{NAME}-terraform"
TRACKS = ("stable", "canary")
API_KEY_PARAMETER = f"/{NAME}/api-key"
OTHER_KEY_PARAMETER = f"/{NAME}/api-key-other"  # accepted beside the first; another one only during a rotation
DATABASE_USERNAME_PARAMETER = f"/{NAME}/database/username"
DATABASE_PASSWORD_PARAMETER = f"/{NAME}/database/password"
TRACKING_URI_PARAMETER = f"/{NAME}/mlflow/tracking-uri"
STATE_KEY = "lab/terraform.tfstate"
JOBS = "jobs"
JOBS_REPOSITORY = "mlops-jobs"
MLFLOW_SERVICE = f"{NAME}-mlflow"
MLFLOW_PORT = 5001  # of the balancer


def repository(number: int) -> str:
    """ECR repository of the serving images of the project with this number."""
    return f"mlops-api-{number}"


def state_bucket(account: str) -> str:
    """Bucket of Terraform's state."""
    return f"{NAME}-tfstate-{account}"


def models_bucket(account: str) -> str:
    """Versioned bucket of model bundles."""
    return f"{NAME}-models-{account}"


def predictions_bucket(account: str) -> str:
    """Bucket of the prediction log."""
    return f"{NAME}-predictions-{account}"


def bundle_prefix(project: str, version: str) -> str:
    """Key prefix of a bundle in the models bucket."""
    return f"models/{project}/{version}/"


def service(project: str, track: str = "stable") -> str:
    """Name of the ECS service, task-definition family and target group of a project's track (stable, canary)."""
    return f"{NAME}-{project}-{track}"


def retraining(project: str) -> str:
    """Family of a project's retraining task definition."""
    return f"{NAME}-{project}-retrain"


def log_group(project: str) -> str:
    """CloudWatch log group of a project's tasks."""
    return f"/ecs/{NAME}/{project}"


def dashboard(project: str) -> str:
    """Name of a project's CloudWatch dashboard."""
    return f"{NAME}-{project}"


class Paths:
    """Folders and files of a checkout."""

    def __init__(self, root: Path, state: Path):
        self.root = root
        self.state = state
        self.data = root / "data"
        self.infra = root / "infra"
        self.bootstrap = root / "infra" / "bootstrap"
        self.notebooks = root / "notebooks"
        self.reports = root / "reports"
        self.lock = root / "requirements.lock"
        self.cloud = state / "cloud"
        self.images = state / "images"
        self.bin = state / "bin"
        self.logs = state / "logs"
        self.experiments = state / "experiments"
        self.workflows = state / "workflows"
