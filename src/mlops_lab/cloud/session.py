"""boto3 clients for the target, and AWS's errors in one line."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
)

from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

UNREACHABLE = (EndpointConnectionError, ConnectTimeoutError, ConnectionClosedError, ReadTimeoutError)
NO_CREDENTIALS = (NoCredentialsError, PartialCredentialsError, ProfileNotFound)
LIMITS: dict[str, Any] = {
    "connect_timeout": 5,
    "read_timeout": 60,
    "retries": {"mode": "standard", "total_max_attempts": 4},
}
NO_PROXY: Any = {"http": None}
# A session that looks neither at ~/.aws nor at AWS_PROFILE: element 2 of each is the value used.
WITHOUT_FILES = {"profile": (None, None, None, None), "config_file": (None, None, None, None)}


def client(settings: Settings, service: str) -> Any:
    """Return a boto3 client of a service on the target.

    On the local target it speaks to the embedded cloud only, with the embedded cloud's credentials and past any
    proxy; on aws the usual chain applies.

    Raises:
        LabError: The profile that AWS_PROFILE names does not exist.
    """
    with explained(settings):
        return _local_client(settings, service) if settings.is_local else task_client(service, settings.region)


def as_role(settings: Settings, role: str, session: str) -> Callable[[str], Any]:
    """Take a role by its name and return what makes clients with its credentials; AWS's refusal is raised as it is."""
    arn = client(settings, "iam").get_role(RoleName=role)["Role"]["Arn"]
    taken = client(settings, "sts").assume_role(RoleArn=arn, RoleSessionName=session)["Credentials"]
    return partial(
        boto3.client,
        region_name=settings.region,
        endpoint_url=settings.endpoint_url,
        aws_access_key_id=taken["AccessKeyId"],
        aws_secret_access_key=taken["SecretAccessKey"],
        aws_session_token=taken["SessionToken"],
    )


def account(settings: Settings) -> str:
    """Ask the target for the account that its credentials belong to.

    Raises:
        LabError: Nobody answers, or the credentials are missing or refused.
    """
    with explained(settings):
        return str(client(settings, "sts").get_caller_identity()["Account"])


def caller(settings: Settings) -> str:
    """Ask the target whose credentials these are; return the ARN.

    Raises:
        LabError: Nobody answers, or the credentials are missing or refused.
    """
    with explained(settings):
        return str(client(settings, "sts").get_caller_identity()["Arn"])


def task_client(service: str, region: str | None) -> Any:
    """Return a boto3 client by the usual chain: inside a task, the endpoint and role that its environment names."""
    session: Any = boto3.Session(region_name=region)
    return session.client(service, config=Config(**LIMITS))


@contextmanager
def explained(settings: Settings | None = None) -> Iterator[None]:
    """Turn what botocore raises inside into a LabError of one line; settings are None inside a task."""
    try:
        yield
    except UNREACHABLE as error:
        raise LabError(_unreachable(settings, error)) from error
    except NO_CREDENTIALS as error:
        raise LabError(f"AWS credentials: {error}; run `aws configure sso` or set AWS_PROFILE.") from error
    except ClientError as error:
        details = error.response.get("Error", {})
        said = " ".join(f"{details.get('Code')}: {details.get('Message')}".split())
        raise LabError(f"AWS refused {error.operation_name} ({said}).") from error
    except BotoCoreError as error:
        raise LabError(f"AWS: {' '.join(str(error).split())}") from error


def _local_client(settings: Settings, service: str) -> Any:
    session: Any = boto3.Session(botocore_session=botocore.session.Session(session_vars=WITHOUT_FILES))
    environment = settings.aws_environment
    return session.client(
        service,
        region_name=settings.region,
        endpoint_url=settings.endpoint_url,
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(**LIMITS, proxies=NO_PROXY),
    )


def _unreachable(settings: Settings | None, error: BotoCoreError) -> str:
    if settings is not None and settings.is_local:
        return f"The embedded cloud does not answer at {settings.endpoint_url}; run `make up`."
    return f"AWS does not answer ({error}); check the network and AWS_REGION."
