"""The only reader of environment variables: one frozen object per purpose, read once, that rejects bad values."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from mlops_lab.errors import LabError

S = TypeVar("S", bound=BaseSettings)
LOOPBACK = "127.0.0.1"
LOCAL_ACCOUNT = "123456789012"
# What calls home unless it is told not to, before it is imported.
QUIET = {"ORT_DISABLE_TELEMETRY": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
# scikit-learn's threads wait for each other by turning in a circle: beside other work training took 115 s for 2.
YIELDING = {"OMP_WAIT_POLICY": "PASSIVE"}


class Settings(BaseSettings):
    """Where the lab runs: target, region, ports and folders.

    Every field is an environment variable with the prefix ``LAB_`` (``LAB_BALANCER_PORT=9080``); ``TARGET``,
    ``AWS_REGION`` and ``TF_PLUGIN_MIRROR`` keep the names that people already use.
    """

    model_config = SettingsConfigDict(frozen=True, env_prefix="LAB_", populate_by_name=True, extra="forbid")

    target: Literal["local", "aws"] = Field(
        "local", validation_alias="TARGET", description="the embedded cloud, or AWS"
    )
    region: str = Field(
        "us-east-1", validation_alias="AWS_REGION", pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="AWS region"
    )
    root: Path = Field(default_factory=lambda: _checkout(Path.cwd()), description="the checkout")
    state: Path = Field(Path(".lab"), description="what the lab keeps on this machine, relative to the root")
    cloud_port: int = Field(4566, ge=1, le=65535, description="AWS endpoint of the embedded cloud")
    balancer_port: int = Field(8080, ge=1, le=65535, description="the load balancer's port 80 in the embedded cloud")
    mlflow_port: int = Field(5001, ge=1, le=65535, description="the MLflow server in the embedded cloud")
    mlflow: str | None = Field(None, description="MLflow server's URL; otherwise port 5001 of the balancer")
    registry_port: int = Field(5002, ge=1, le=65535, description="ECR's image registry in the embedded cloud")
    driver: Literal["auto", "docker", "process"] = Field("auto", description="what runs the tasks")
    log_engine: Literal["duckdb", "athena"] = Field("duckdb", description="what counts the prediction log")
    metric_seconds: Annotated[Literal[1, 5, 10, 20, 30, 60], BeforeValidator(lambda value: _whole(value))] = Field(
        10, description="seconds between two data of a metric in the embedded cloud; AWS: 60"
    )
    platform: str | None = Field(None, description="of the images; otherwise this machine's, on aws linux/amd64")
    terraform: Path | None = Field(None, description="a terraform binary; otherwise PATH, then a pinned download")
    terraform_mirror: str = Field("https://releases.hashicorp.com/terraform", description="where to download it")
    plugin_mirror: Path | None = Field(
        None,
        validation_alias="TF_PLUGIN_MIRROR",
        description="folder with Terraform providers (it holds `registry.terraform.io/`); otherwise their registry",
    )
    auto_approve: bool = Field(False, description="do not ask before apply or destroy on aws")
    cost_limit_usd: float = Field(
        150,
        gt=0,
        validation_alias="COST_LIMIT_USD",
        description="projected USD a month above which apply on aws refuses",
    )
    confirm_cost: bool = Field(
        False, validation_alias="CONFIRM_COST", description="apply on aws whatever the projected bill"
    )
    workflow: str | None = Field(
        None, validation_alias="GITHUB_WORKFLOW", description="GitHub sets it: a training run is tagged with it"
    )
    workflow_run: str | None = Field(None, validation_alias="GITHUB_RUN_ID", description="GitHub sets it, likewise")
    workflow_event: str | None = Field(
        None, validation_alias="GITHUB_EVENT_NAME", description="GitHub sets it, likewise"
    )

    @property
    def is_local(self) -> bool:
        """Whether the embedded cloud answers for AWS."""
        return self.target == "local"

    @property
    def state_dir(self) -> Path:
        """Absolute folder for what the lab keeps on this machine."""
        return (self.root / self.state).resolve()

    @property
    def endpoint_url(self) -> str | None:
        """AWS endpoint, or None for AWS's own."""
        return f"http://{LOOPBACK}:{self.cloud_port}" if self.is_local else None

    @property
    def monthly_limit(self) -> float | None:
        """USD a month that an apply may come to, or None where nobody is billed."""
        return None if self.is_local else self.cost_limit_usd

    @property
    def billing_note(self) -> str:
        """Whose money the figures of Cost Explorer are."""
        if self.is_local:
            return (
                "Nobody is billed: the embedded Cost Explorer meters the seconds that tasks really ran, at Fargate's "
                "list price, and nothing else."
            )
        return "Cost Explorer trails what happens by up to a day, and each of its requests costs 0.01 USD."

    @property
    def balancer_url(self) -> str | None:
        """Base URL of the load balancer where it is fixed, or None where its DNS name is to be asked for."""
        return f"http://{LOOPBACK}:{self.balancer_port}" if self.is_local else None

    @property
    def registry(self) -> str | None:
        """Host and port of the image registry where it is fixed, or None where ECR's own is to be asked for."""
        return f"{LOOPBACK}:{self.registry_port}" if self.is_local else None

    @property
    def image_platform(self) -> str | None:
        """Platform that images are built for, or None for this machine's; on aws as the task definitions have it."""
        return self.platform or (None if self.is_local else "linux/amd64")

    @property
    def subscriber_host(self) -> str | None:
        """Address of this machine that the target's SNS reaches, or None where it reaches none."""
        return LOOPBACK if self.is_local else None

    @property
    def metric_period(self) -> int:
        """Seconds of the periods of alarms and reports: AWS's data come every 60, and an alarm has at least 10."""
        return max(10, self.metric_seconds) if self.is_local else 60

    @property
    def canary_load(self) -> float:
        """Requests a second that a canary offers itself unless told otherwise: on aws it has the users' own."""
        return 25.0 if self.is_local else 0.0

    @property
    def mlflow_uri(self) -> str | None:
        """MLflow's tracking server where it is fixed, or None where the balancer is to be asked for."""
        return self.mlflow or (f"http://{LOOPBACK}:{self.mlflow_port}" if self.is_local else None)

    @property
    def workflow_tags(self) -> dict[str, str]:
        """What a training run is tagged with where a workflow started it."""
        told = {name: getattr(self, name) for name in ("workflow", "workflow_run", "workflow_event")}
        return {name: value for name, value in told.items() if value is not None}

    @property
    def aws_environment(self) -> dict[str, str]:
        """Variables that make every AWS client (boto3, Terraform, the AWS CLI) speak to the target."""
        region = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        if not self.is_local:
            return region
        return region | {
            "AWS_ENDPOINT_URL": f"http://{LOOPBACK}:{self.cloud_port}",
            "AWS_ACCESS_KEY_ID": LOCAL_ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @property
    def exported(self) -> dict[str, str]:
        """Variables from which another process reads these settings."""
        fields = type(self).model_fields
        return {
            variable(type(self), name): str(value)
            for name, value in self.model_dump().items()
            if value is not None and name in fields
        }

    def child_environment(self, **extra: str) -> dict[str, str]:
        """Return the environment for a child process that speaks to the target.

        On the local target the caller's own AWS credentials and profile are left out, so that nothing of the
        embedded cloud can reach a real account.
        """
        kept = {key: value for key, value in os.environ.items() if not (self.is_local and key.startswith("AWS_"))}
        return kept | QUIET | YIELDING | self.aws_environment | extra


class ServingSettings(BaseSettings):
    """What a serving task is told by its task definition."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    project: str = Field(validation_alias="PROJECT")
    bundle_uri: str = Field(validation_alias="BUNDLE_URI", description="s3://bucket/models/<project>/<version>/")
    bundle_sha256: str = Field(validation_alias="BUNDLE_SHA256", description="SHA-256 of the bundle's manifest")
    api_key: str | None = Field(
        None, validation_alias="API_KEY", min_length=1, description="injected from SSM; None: open"
    )
    api_key_other: str | None = Field(
        None, validation_alias="API_KEY_OTHER", min_length=1, description="accepted too, while a key is rotated"
    )
    region: str | None = Field(None, validation_alias="AWS_REGION", description="of the bucket; ECS sets it")
    host: str = Field(LOOPBACK, validation_alias="HOST")
    port: int = Field(8000, validation_alias="PORT", ge=1, le=65535)

    @property
    def api_keys(self) -> dict[str, str]:
        """The keys that clients may send, by the variable that brought each."""
        found = {"API_KEY": self.api_key, "API_KEY_OTHER": self.api_key_other}
        return {name: value for name, value in found.items() if value is not None}


class PredictionLogSettings(BaseSettings):
    """What a serving task is told of its prediction log by its task definition."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    folder: Path | None = Field(
        None, validation_alias="PREDICTION_LOG_FOLDER", description="of the write-ahead files; None: nothing is logged"
    )
    bucket: str | None = Field(None, validation_alias="PREDICTION_LOG_BUCKET", min_length=1)
    seconds: float = Field(
        10, validation_alias="PREDICTION_LOG_SECONDS", gt=0, le=300, description="between two shipments"
    )
    limit_bytes: int = Field(
        1024**3, validation_alias="PREDICTION_LOG_BYTES", ge=1024, description="that the folder holds at most"
    )


class TrackingServerSettings(BaseSettings):
    """What an MLflow server's task is told by its task definition; MLflow's own names where it has some."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    backend_store_uri: SecretStr = Field(validation_alias="MLFLOW_BACKEND_STORE_URI", description="injected from SSM")
    artifacts_destination: str = Field(
        validation_alias="MLFLOW_ARTIFACTS_DESTINATION", description="s3://bucket/prefix"
    )
    allowed_hosts: str = Field(
        validation_alias="MLFLOW_SERVER_ALLOWED_HOSTS", description="Host headers that are answered, by commas"
    )
    allowed_origins: str = Field("", validation_alias="MLFLOW_SERVER_CORS_ALLOWED_ORIGINS")
    host: str = Field(LOOPBACK, validation_alias="HOST")
    port: int = Field(5000, validation_alias="PORT", ge=1, le=65535)


def read_settings(**overrides: object) -> Settings:
    """Read the environment once.

    Raises:
        LabError: A variable has a value that is not allowed, or a ``LAB_`` variable is not known.
    """
    _refuse_unknown(os.environ)
    return _validated(Settings, overrides)


def read_serving_settings() -> ServingSettings:
    """Read a serving task's environment.

    Raises:
        LabError: A variable is missing or has a value that is not allowed.
    """
    return _validated(ServingSettings, {})


def read_prediction_log_settings() -> PredictionLogSettings:
    """Read what a serving task's environment says of its prediction log.

    Raises:
        LabError: A variable has a value that is not allowed.
    """
    return _validated(PredictionLogSettings, {})


def read_tracking_server_settings() -> TrackingServerSettings:
    """Read an MLflow server's environment.

    Raises:
        LabError: A variable is missing or has a value that is not allowed.
    """
    return _validated(TrackingServerSettings, {})


def _checkout(folder: Path) -> Path:
    """Return the nearest folder upwards that holds `infra`: a notebook is opened in a folder of the checkout."""
    return next((each for each in (folder, *folder.parents) if (each / "infra").is_dir()), folder)


def _whole(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdigit() else value


def _refuse_unknown(environment: Mapping[str, str]) -> None:
    known = {f"LAB_{name.upper()}" for name, field in Settings.model_fields.items() if field.validation_alias is None}
    if unknown := sorted(key for key in environment if key.startswith("LAB_") and key not in known):
        raise LabError(f"{unknown[0]} is not a setting of the lab; use one of {', '.join(sorted(known))}.")


def _validated(model: type[S], overrides: dict[str, object]) -> S:
    try:
        return model(**overrides)  # type: ignore[arg-type]
    except ValidationError as error:
        first = error.errors()[0]
        name = variable(model, str(first["loc"][0]))
        if first["type"] == "missing":
            raise LabError(f"{name} is not set; the task definition or the caller must set it.") from None
        raise LabError(f"{name} is {first['input']!r}; {_advice(first['type'], first)}.") from None


def variable(model: type[BaseSettings], field: str) -> str:
    """Return the environment variable of a field."""
    known = model.model_fields.get(field)
    return field if known is None else str(known.validation_alias or f"LAB_{field.upper()}")


def _advice(kind: str, error: Mapping[str, object]) -> str:
    if kind == "literal_error":
        context = error["ctx"]
        assert isinstance(context, Mapping)
        return f"use {context['expected']}"
    return str(error["msg"])[:1].lower() + str(error["msg"])[1:]
