"""S3 on the control plane: who may, and what a versioned bucket lets go of."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE = "writer"
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::own-bucket/lab/*"},
        {
            "Effect": "Allow",
            "Action": ["s3:ListBucket", "s3:ListBucketVersions"],
            "Resource": "arn:aws:s3:::own-bucket",
            "Condition": {"StringLike": {"s3:prefix": "lab/*"}},
        },
    ],
}
TLS_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": ["arn:aws:s3:::own-bucket", "arn:aws:s3:::own-bucket/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ],
}


@pytest.fixture(scope="module")
def as_role(shared_plane: Any) -> Any:
    """S3 with the temporary credentials of a role that may write one prefix of one bucket."""
    iam, s3 = shared_plane.client("iam"), shared_plane.client("s3")
    for bucket in ("own-bucket", "other-bucket"):
        s3.create_bucket(Bucket=bucket)
    arn = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument='{"Version":"2012-10-17"}')["Role"]["Arn"]
    iam.put_role_policy(RoleName=ROLE, PolicyName="write", PolicyDocument=json.dumps(POLICY))
    answer = shared_plane.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return shared_plane.client("s3", answer["AccessKeyId"], answer["SessionToken"])


def test_a_role_writes_where_its_policy_allows(as_role: Any) -> None:
    assert as_role.put_object(Bucket="own-bucket", Key="lab/x", Body=b"1")["ETag"]


@pytest.mark.parametrize(("bucket", "key"), [("own-bucket", "elsewhere"), ("other-bucket", "lab/x")])
def test_a_role_is_denied_everywhere_else(as_role: Any, bucket: str, key: str) -> None:
    with pytest.raises(ClientError) as error:
        as_role.put_object(Bucket=bucket, Key=key, Body=b"1")

    assert error.value.response["Error"]["Code"] == "AccessDenied"


def test_a_role_is_denied_an_action_that_its_policy_does_not_name(as_role: Any) -> None:
    with pytest.raises(ClientError) as error:
        as_role.delete_object(Bucket="own-bucket", Key="lab/x")

    assert error.value.response["Error"]["Code"] == "AccessDenied"


@pytest.mark.parametrize("operation", ["list_objects_v2", "list_object_versions"])
def test_a_role_lists_the_prefix_that_its_policy_names_and_nothing_else(as_role: Any, operation: str) -> None:
    assert getattr(as_role, operation)(Bucket="own-bucket", Prefix="lab/")["Prefix"] == "lab/"

    for other in ({"Prefix": "elsewhere/"}, {}):
        with pytest.raises(ClientError) as error:
            getattr(as_role, operation)(Bucket="own-bucket", **other)
        assert error.value.response["Error"]["Code"] == "AccessDenied"


def test_a_bucket_for_tls_only_answers_on_loopback(shared_plane: Any) -> None:
    s3 = shared_plane.client("s3")
    s3.create_bucket(Bucket="tls-bucket")
    s3.put_bucket_policy(Bucket="tls-bucket", Policy=json.dumps(TLS_ONLY).replace("own-bucket", "tls-bucket"))

    s3.put_object(Bucket="tls-bucket", Key="x", Body=b"1")

    assert s3.get_object(Bucket="tls-bucket", Key="x")["Body"].read() == b"1"


def test_every_version_and_marker_of_a_bucket_can_be_deleted(shared_plane: Any) -> None:
    s3 = shared_plane.client("s3")
    s3.create_bucket(Bucket="versioned-bucket")
    s3.put_bucket_versioning(Bucket="versioned-bucket", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="versioned-bucket", Key="lock", Body=b"1")
    s3.delete_object(Bucket="versioned-bucket", Key="lock")

    listed = s3.list_object_versions(Bucket="versioned-bucket")
    for version in [*listed["Versions"], *listed["DeleteMarkers"]]:
        s3.delete_object(Bucket="versioned-bucket", Key="lock", VersionId=version["VersionId"])

    s3.delete_bucket(Bucket="versioned-bucket")
