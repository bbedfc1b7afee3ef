from typing import Any

import pytest

from mlops_lab.security.posture import tls_only

RESOURCES = ["arn:aws:s3:::lab", "arn:aws:s3:::lab/*"]
REFUSAL: dict[str, Any] = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": RESOURCES,
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}


def test_a_bucket_that_refuses_everything_without_tls_is_tls_only() -> None:
    assert tls_only({"Statement": [REFUSAL]}, "lab")


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Allow"},
        {"Principal": {"AWS": "arn:aws:iam::1:root"}},
        {"Action": "s3:GetObject"},
        {"Resource": RESOURCES[:1]},
        {"Condition": {"Bool": {"aws:SecureTransport": "true"}}},
    ],
)
def test_a_refusal_that_leaves_something_out_is_none(change: dict[str, Any]) -> None:
    assert not tls_only({"Statement": [REFUSAL | change]}, "lab")
