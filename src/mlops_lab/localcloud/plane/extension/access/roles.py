"""Whose credentials a call carries, and what that role's policies say of it."""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from mlops_lab.localcloud.plane.extension.access.policy import Context, Document, granting
from mlops_lab.localcloud.plane.extension.access.record import RECORD

TEMPORARY = "ASIA"  # how the access keys of assumed roles begin
# Loopback has no TLS and needs none: it counts as a secure transport.
TRANSPORT: Context = {"aws:securetransport": "true"}


@dataclass(frozen=True)
class Caller:
    """An assumed role."""

    account: str
    partition: str
    role_arn: str
    session: str

    @property
    def role(self) -> str:
        """The role's name."""
        return self.role_arn.rpartition("/")[2]

    @property
    def arn(self) -> str:
        """The session's ARN, as error messages name it."""
        return f"arn:{self.partition}:sts::{self.account}:assumed-role/{self.role}/{self.session}"

    def may(self, action: str, resource: str, context: Context) -> bool:
        """Whether the role's policies allow an action on a resource; the answer is remembered either way."""
        about = {"aws:principalaccount": self.account, "aws:principalarn": self.role_arn}
        grant = granting(self._documents(), action, resource, {**TRANSPORT, **about, **context})
        RECORD.note(self.role, self.session, action, resource, grant)
        return grant is not None

    def _documents(self) -> list[Document]:
        roles = iam_backends[self.account][self.partition].get_roles()
        found = next((each for each in roles if each.name == self.role), None)
        if found is None:  # it was deleted, its credentials were not
            return []
        return [_parsed(each) for each in (*found.policies.values(), *map(_attached, found.managed_policies.values()))]


def caller(key: str, account: str, region: str) -> Caller | None:
    """Return the role whose temporary credentials an access key belongs to; None for a key of the account itself."""
    if not key.startswith(TEMPORARY):
        return None
    partition = get_partition(region)
    assumed = sts_backends[account][partition].get_assumed_role_from_access_key(key)
    return assumed and Caller(account, partition, assumed.role_arn, assumed.session_name)


@cache
def _parsed(text: str) -> Document:
    document: Document = json.loads(text)
    return document


def _attached(policy: Any) -> str:
    return str(policy.versions[[each.is_default for each in policy.versions].index(True)].document)
