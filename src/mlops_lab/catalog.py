"""The only place with names, paths, buckets and keys.

Terraform's variable defaults repeat the names that it creates; `tests/e2e` compares the two after an apply.
"""

from datetime import datetime
from pathlib import Path

NAME = "mlops-lab"
TAGS = {"Project": NAME}
CLUSTER = NAME
BALANCER = NAME
TOPIC = f"{NAME}-notices"
BUDGET = f"{NAME}-monthly"
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
GLUE_DATABASE = f"{NAME.replace('-', '_')}_predictions"
MLFLOW_SERVICE = f"{NAME}-mlflow"
MLFLOW_PORT = 5001  # of the balancer
CANARIES = "canary/"  # key prefix of the canaries' records in the bucket of the prediction log
SCHEDULES = NAME  # EventBridge Scheduler's group
METRICS = NAME  # CloudWatch namespace of the lab's own metrics
SHED = "PredictionsShed"  # answered rows that were not logged, by project
# What was answered, by project and by its model versions: rows, their scores, milliseconds of a request.
PREDICTIONS, SCORE, LATENCY = "Predictions", "Score", "PredictionLatency"


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


def predictions_prefix(project: str, hour: datetime | None = None) -> str:
    """Key prefix of a project's predictions in their bucket, or of those logged in an hour (UTC)."""
    prefix = f"predictions/project={project}/"
    return prefix if hour is None else f"{prefix}date={hour:%Y-%m-%d}/hour={hour:%H}/"


def predictions_key(project: str, hour: datetime, name: str) -> str:
    """Key of a Parquet file of predictions."""
    return f"{predictions_prefix(project, hour)}{name}.parquet"


def labels_prefix(project: str) -> str:
    """Key prefix of a project's labels, which arrive later, in the bucket of the prediction log."""
    return f"labels/project={project}/"


def predictions_table(project: str) -> str:
    """Glue table of a project's prediction log."""
    return project.replace("-", "_")


def labels_table(project: str) -> str:
    """Glue table of a project's labels."""
    return f"{predictions_table(project)}_labels"


def loop_key(project: str, month: str) -> str:
    """Key of what a project's loop decided for a month, in the bucket of the prediction log."""
    return f"loop/project={project}/{month}.json"


def canary_prefix(project: str) -> str:
    """Key prefix of a project's canaries in the bucket of the prediction log: the state of one, records of all."""
    return f"canary/project={project}/"


def canary_role(project: str) -> str:
    """IAM role that ends a project's canary at its deadline; the schedule that does has the same name."""
    return f"{NAME}-{project}-canary"


def reports_prefix(project: str) -> str:
    """Key prefix of a project's scheduled reports in the bucket of the prediction log."""
    return f"reports/project={project}/"


def drift_experiment(project: str) -> str:
    """MLflow experiment of a project's drift reports."""
    return f"{project}-drift"


def service(project: str, track: str = "stable") -> str:
    """Name of the ECS service, task-definition family and target group of a project's track (stable, canary)."""
    return f"{NAME}-{project}-{track}"


def job(project: str, kind: str) -> str:
    """Family of a project's task definition of a kind (retrain, report), and the name of the schedule that runs it."""
    return f"{NAME}-{project}-{kind}"


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
        self.finops = state / "finops"
        self.chaos = state / "chaos.json"
