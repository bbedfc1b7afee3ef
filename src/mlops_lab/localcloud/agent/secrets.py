"""Resolves a task definition's ``secrets`` from SSM and Secrets Manager, as the execution role."""

import json
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from mlops_lab.localcloud.agent.observation import Clients, Json
from mlops_lab.localcloud.driver import CannotStartError


def resolve(definition: Json, clients: Clients) -> dict[str, dict[str, str]]:
    """Return container name -> variable -> value.

    Raises:
        CannotStartError: A secret cannot be read; the message is ECS's ``ResourceInitializationError``.
    """
    return {
        each["name"]: {secret["name"]: _value(secret["valueFrom"], clients) for secret in each["secrets"]}
        for each in definition["containerDefinitions"]
        if each.get("secrets")
    }


def _value(reference: str, clients: Clients) -> str:
    try:
        if reference.startswith("arn:") and reference.split(":")[2] == "secretsmanager":
            return _from_secrets_manager(reference, clients("secretsmanager"))
        name = reference.split(":parameter", 1)[1] if reference.startswith("arn:") else reference
        found = clients("ssm").get_parameters(Names=[name], WithDecryption=True)["Parameters"]
        if not found:
            raise CannotStartError(
                f"ResourceInitializationError: unable to pull secrets or registry auth: invalid ssm parameters: {name}"
            )
        value: str = found[0]["Value"]
    except (BotoCoreError, ClientError, KeyError, ValueError) as error:
        raise CannotStartError(
            f"ResourceInitializationError: unable to pull secrets or registry auth: {reference}: {error}"
        ) from error
    return value


def _from_secrets_manager(reference: str, client: Any) -> str:
    """Read ``arn:...:secret:<name>[:<json key>[:<stage>[:<version>]]]``."""
    parts = reference.split(":")
    text: str = client.get_secret_value(SecretId=":".join(parts[:7]))["SecretString"]
    key = parts[7] if len(parts) > 7 else ""
    return str(json.loads(text)[key]) if key else text
