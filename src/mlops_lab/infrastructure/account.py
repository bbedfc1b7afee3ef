"""Whose account the target's credentials belong to."""

from dataclasses import dataclass

from mlops_lab.cloud.session import client, explained
from mlops_lab.settings import Settings


@dataclass(frozen=True)
class Account:
    """An AWS account as Terraform's backend has to name it."""

    id: str
    partition: str  # "aws" but in China and GovCloud


def identify(settings: Settings) -> Account:
    """Ask STS who is calling, before anything runs.

    Raises:
        LabError: Nobody answers, or credentials are missing or refused.
    """
    with explained(settings):
        caller = client(settings, "sts").get_caller_identity()
    return Account(str(caller["Account"]), str(caller["Arn"]).split(":")[1])
