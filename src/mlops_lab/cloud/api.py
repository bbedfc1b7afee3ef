"""The live API behind the load balancer, as a client sees it."""

from collections.abc import Mapping
from typing import Any

import httpx

from mlops_lab import catalog, projects
from mlops_lab.cloud.session import client, explained
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings


def base_url(settings: Settings) -> str:
    """Base URL of the load balancer.

    Raises:
        LabError: There is no load balancer.
    """
    return settings.balancer_url or f"http://{_balancer_name(settings)}"


def mlflow_uri(settings: Settings) -> str:
    """URL of the MLflow server, for clients.

    Raises:
        LabError: There is no load balancer.
    """
    return settings.mlflow_uri or f"http://{_balancer_name(settings)}:{catalog.MLFLOW_PORT}"


def _balancer_name(settings: Settings) -> str:
    with explained(settings):
        found = client(settings, "elbv2").describe_load_balancers(Names=[catalog.BALANCER])["LoadBalancers"]
    return str(found[0]["DNSName"])


def api_key(settings: Settings) -> str:
    """Read the API key from SSM.

    Raises:
        LabError: The parameter does not exist.
    """
    with explained(settings):
        ssm = client(settings, "ssm")
        return str(ssm.get_parameter(Name=catalog.API_KEY_PARAMETER, WithDecryption=True)["Parameter"]["Value"])


def number(prediction: Mapping[str, Any]) -> float:
    """Return the only number of an answered prediction: a probability, or an amount."""
    (found,) = (value for value in prediction.values() if isinstance(value, int | float))
    return float(found)


def metadata(settings: Settings, project: str) -> dict[str, Any]:
    """Ask the live API which model it serves.

    Raises:
        LabError: Nobody answers, or the answer is no success.
    """
    url = f"{base_url(settings)}/{projects.get(project).name}/metadata"
    try:
        answer = httpx.get(url, timeout=10)
    except httpx.HTTPError as error:
        raise LabError(f"Nobody answers at {url} ({error}); see `make status`.") from error
    if not answer.is_success:
        raise LabError(f"{url} answered {answer.status_code}; see `make status`.")
    told: dict[str, Any] = answer.json()
    return told


def predict_example(settings: Settings, project: str) -> dict[str, Any]:
    """Ask for a prediction of a project's example row.

    Raises:
        LabError: Nobody answers, or the answer is no prediction.
    """
    url = f"{base_url(settings)}/{project}/predict"
    body = {"instances": [dict(projects.get(project).example)]}
    try:
        answer = httpx.post(url, json=body, headers={"x-api-key": api_key(settings)}, timeout=10)
    except httpx.HTTPError as error:
        raise LabError(f"Nobody answers at {url} ({error}); see `make status`.") from error
    if not answer.is_success:
        raise LabError(f"{url} answered {answer.status_code}: {answer.text[:300].strip()}; see `make status`.")
    prediction: dict[str, Any] = answer.json()
    return prediction
