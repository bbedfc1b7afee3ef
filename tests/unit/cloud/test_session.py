import socket

import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from mlops_lab.cloud import session
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_silent_embedded_cloud_is_named_with_the_command_that_starts_it(closed_port: int) -> None:
    with pytest.raises(LabError, match=f"does not answer at http://127.0.0.1:{closed_port}; run `make up`"):
        session.account(Settings(TARGET="local", cloud_port=closed_port))


def test_on_the_local_target_the_callers_profile_and_proxy_are_not_looked_at(
    monkeypatch: pytest.MonkeyPatch, closed_port: int
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://sts.amazonaws.com")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    client = session.client(Settings(TARGET="local", cloud_port=closed_port), "sts")

    assert client.meta.endpoint_url == f"http://127.0.0.1:{closed_port}"
    assert client._request_signer._credentials.access_key == "123456789012"


def test_on_aws_an_unknown_profile_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")

    with pytest.raises(LabError, match=r"no-such-profile.*AWS_PROFILE"):
        session.client(Settings(TARGET="aws"), "sts")


def test_missing_credentials_are_one_line_that_says_what_to_do() -> None:
    with pytest.raises(LabError, match="aws configure sso") as refusal, session.explained(Settings(TARGET="aws")):
        raise NoCredentialsError

    assert "\n" not in str(refusal.value)


def test_a_refusal_of_aws_names_the_operation_and_the_code() -> None:
    refusal = ClientError({"Error": {"Code": "AccessDenied", "Message": "not\nyou"}}, "ListBuckets")

    with pytest.raises(LabError, match=r"AWS refused ListBuckets \(AccessDenied: not you\)"), session.explained():
        raise refusal
