"""boto3 clients for the agent itself and for the roles that it acts for."""

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from botocore.config import Config

from mlops_lab.localcloud.agent.observation import Clients

RENEW_BEFORE = timedelta(minutes=5)


class AwsAccount:
    """Clients of one account and region, made once each."""

    def __init__(self, region: str, environment: Mapping[str, str]):
        """Take the endpoint and credentials from variables named as the AWS SDKs name them."""
        self._region = region
        self._environment = environment
        self._clients: dict[tuple[str, str | None], Any] = {}
        self._credentials: dict[str, dict[str, Any]] = {}
        self._lock = threading.RLock()

    def client(self, service: str) -> Any:
        """A client with the agent's own credentials."""
        own = self._environment
        return self._client(service, None, own["AWS_ACCESS_KEY_ID"], own["AWS_SECRET_ACCESS_KEY"], None)

    def of_role(self, role: str | None) -> Clients:
        """Clients with a role's credentials; of the agent itself where there is no role."""
        if role is None:
            return self.client
        found = self.credentials(role, "ecs-agent")
        key, secret, token = found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]
        return lambda service: self._client(service, key, key, secret, token)

    def credentials(self, role: str, session: str) -> dict[str, Any]:
        """The answer of AssumeRole, kept until five minutes before it expires."""
        with self._lock:
            kept = self._credentials.get(f"{role} {session}")
            if kept is None or kept["Expiration"] - datetime.now(UTC) < RENEW_BEFORE:
                answer = self.client("sts").assume_role(RoleArn=role, RoleSessionName=session)
                kept = dict(answer["Credentials"], RoleArn=role)
                self._credentials[f"{role} {session}"] = kept
            return kept

    def _client(self, service: str, owner: str | None, key: str, secret: str, token: str | None) -> Any:
        with self._lock:
            if (service, owner) not in self._clients:
                session: Any = boto3.Session()
                self._clients[service, owner] = session.client(
                    service,
                    region_name=self._region,
                    endpoint_url=self._environment.get("AWS_ENDPOINT_URL"),
                    aws_access_key_id=key,
                    aws_secret_access_key=secret,
                    aws_session_token=token,
                    config=Config(connect_timeout=2, read_timeout=30, retries={"total_max_attempts": 2}),
                )
            return self._clients[service, owner]
