"""The MLflow tracking server of a task: one process that tells its stores and addresses from the environment."""

import os
import sys

from mlops_lab.errors import LabError
from mlops_lab.settings import TrackingServerSettings, read_tracking_server_settings


def variables(settings: TrackingServerSettings) -> dict[str, str]:
    """Return what MLflow's application reads, as `mlflow server` would set it. Pure.

    Jobs are off (evaluations of language models; they start processes of their own), and so is telemetry.
    """
    from mlflow.server import constants

    store = settings.backend_store_uri.get_secret_value()
    return {
        constants.BACKEND_STORE_URI_ENV_VAR: store,
        constants.REGISTRY_STORE_URI_ENV_VAR: store,
        constants.ARTIFACT_ROOT_ENV_VAR: "mlflow-artifacts:/",
        constants.ARTIFACTS_DESTINATION_ENV_VAR: settings.artifacts_destination,
        constants.SERVE_ARTIFACTS_ENV_VAR: "true",
        "MLFLOW_SERVER_ALLOWED_HOSTS": settings.allowed_hosts,
        "MLFLOW_SERVER_CORS_ALLOWED_ORIGINS": settings.allowed_origins,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }


def serve(settings: TrackingServerSettings) -> None:
    """Bring the store's tables up to date and serve until SIGTERM."""
    os.environ.update(variables(settings))
    import uvicorn
    from mlflow.server.handlers import initialize_backend_stores

    store = settings.backend_store_uri.get_secret_value()
    initialize_backend_stores(store, store, "mlflow-artifacts:/")
    uvicorn.run("mlflow.server.fastapi_app:app", host=settings.host, port=settings.port, log_level="warning")


def main() -> int:
    """Serve; a variable that is missing is one line and exit code 1."""
    try:
        serve(read_tracking_server_settings())
    except LabError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
