"""S3 asks policies: a bucket's for everybody, a role's for its temporary credentials.

Moto ignores the conditions of a bucket's policy and asks no role. The lab's own key is the account's and may do all.
"""

import json
from typing import Any

from moto.iam.access_control import PermissionResult
from moto.iam.models import iam_backends
from moto.s3.exceptions import S3AccessDeniedError
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from mlops_lab.localcloud.plane.extension.policy import Decision, decide

TEMPORARY = "ASIA"  # how the access keys of assumed roles begin
ACTIONS = {
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
}
# Loopback has no TLS and needs none: it counts as a secure transport.
CONTEXT = {"aws:securetransport": "true"}
RESULTS: dict[Decision, PermissionResult] = {
    "allowed": PermissionResult.PERMITTED,
    "denied": PermissionResult.DENIED,
    "implicitly denied": PermissionResult.NEUTRAL,
}

_authorize = S3Response._authenticate_and_authorize_s3_action


def bucket_permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    """Return what a bucket's own policy says."""
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    return RESULTS[decide([json.loads(bucket.policy)], action, resource, CONTEXT)]


def authorize(response: S3Response, bucket_name: str | None = None, key_name: str | None = None) -> None:
    """Refuse what the role of temporary credentials may not do.

    Raises:
        S3AccessDeniedError: No policy of the role allows it, or one denies it.
    """
    _authorize(response, bucket_name=bucket_name, key_name=key_name)
    key, account, partition = response.get_access_key(), response.current_account, get_partition(response.region)
    assumed = sts_backends[account][partition].get_assumed_role_from_access_key(key) if _is_temporary(key) else None
    if assumed is None:
        return
    name = response._get_action()
    resource = f"arn:{partition}:s3:::{bucket_name or '*'}" + (f"/{key_name}" if key_name else "")
    documents = _documents(iam_backends[account][partition], assumed.role_arn.rpartition("/")[2])
    context = CONTEXT | {"aws:principalaccount": account, "aws:principalarn": assumed.role_arn} | _listed(response)
    if decide(documents, f"s3:{ACTIONS.get(name, name)}", resource, context) != "allowed":
        raise S3AccessDeniedError()


def install() -> None:
    """Replace moto's two questions."""
    FakeBucket.get_permission = bucket_permission
    S3Response._authenticate_and_authorize_s3_action = authorize


def _listed(response: S3Response) -> dict[str, str]:
    """What is to be listed, as conditions ask for it."""
    asked = response.querystring or {}
    return {f"s3:{name}": asked[name][0] for name in ("prefix", "delimiter") if name in asked}


def _is_temporary(key: str) -> bool:
    return key.startswith(TEMPORARY)


def _documents(iam: Any, role: str) -> list[dict[str, Any]]:
    found = iam.get_role(role)
    return [json.loads(text) for text in (*found.policies.values(), *map(_attached, found.managed_policies.values()))]


def _attached(policy: Any) -> str:
    return str(policy.versions[[each.is_default for each in policy.versions].index(True)].document)
