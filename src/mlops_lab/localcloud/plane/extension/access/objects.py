"""S3 asks policies: a bucket's for everybody, a role's for its temporary credentials.

Moto ignores the conditions of a bucket's policy and asks no role.
"""

import json
from collections.abc import Mapping

from moto.iam.access_control import PermissionResult
from moto.s3.exceptions import S3AccessDeniedError
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response
from moto.utilities.utils import get_partition

from mlops_lab.localcloud.plane.extension.access.policy import Decision, decide
from mlops_lab.localcloud.plane.extension.access.roles import TRANSPORT, caller

ACTIONS: Mapping[str, str] = {  # operation -> action, where they differ
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "HeadBucket": "ListBucket",
    "HeadObject": "GetObject",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListParts": "ListMultipartUploadParts",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
}
VERSIONED = ("GetObject", "DeleteObject")  # actions of their own for a version
RESULTS: Mapping[Decision, PermissionResult] = {
    "allowed": PermissionResult.PERMITTED,
    "denied": PermissionResult.DENIED,
    "implicitly denied": PermissionResult.NEUTRAL,
}

_authorize = S3Response._authenticate_and_authorize_s3_action


def bucket_permission(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    """Return what a bucket's own policy says."""
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    return RESULTS[decide([json.loads(bucket.policy)], action, resource, TRANSPORT)]


def authorize(response: S3Response, bucket_name: str | None = None, key_name: str | None = None) -> None:
    """Refuse what the role of temporary credentials may not do.

    Raises:
        S3AccessDeniedError: No policy of the role allows it, or one denies it.
    """
    _authorize(response, bucket_name=bucket_name, key_name=key_name)
    role = caller(response.get_access_key(), response.current_account, response.region)
    if role is None:
        return
    resource = f"arn:{get_partition(response.region)}:s3:::{bucket_name or '*'}" + (f"/{key_name}" if key_name else "")
    if not role.may(action(response._get_action(), response.querystring or {}), resource, _listed(response)):
        raise S3AccessDeniedError()


def action(operation: str, query: Mapping[str, object]) -> str:
    """Return the action that an operation needs. Pure."""
    name = ACTIONS.get(operation, operation)
    return f"s3:{name}Version" if name in VERSIONED and "versionId" in query else f"s3:{name}"


def install() -> None:
    """Replace moto's two questions."""
    FakeBucket.get_permission = bucket_permission
    S3Response._authenticate_and_authorize_s3_action = authorize


def _listed(response: S3Response) -> dict[str, str]:
    """What is to be listed, as conditions ask for it."""
    asked = response.querystring or {}
    return {f"s3:{name}": asked[name][0] for name in ("prefix", "delimiter") if name in asked}
