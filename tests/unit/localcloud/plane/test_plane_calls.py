"""API calls as values, and which of them change something."""

from typing import Any

import pytest

from mlops_lab.localcloud.plane.call import Call
from mlops_lab.localcloud.plane.classification import is_read, is_repeatable, operation

FORM = {"CONTENT_TYPE": "application/x-www-form-urlencoded; charset=utf-8"}


def call(method: str = "POST", body: bytes = b"", **environ: Any) -> Call:
    return Call({"REQUEST_METHOD": method, "PATH_INFO": "/", "QUERY_STRING": "", **environ}, body)


def test_a_call_survives_being_written_down() -> None:
    original = Call({"REQUEST_METHOD": "PUT", "moto.preserved_header_names": {"HTTP_A_B": "A_b"}}, b"\0\xff", 7, 1.5)

    assert Call.decode(original.encode()) == original


def test_a_body_that_is_kept_as_a_blob_is_not_written_down_again() -> None:
    original = Call({"REQUEST_METHOD": "PUT"}, b"x" * 1000, blob="digest")

    decoded = Call.decode(original.encode())

    assert (decoded.body, decoded.blob) == (b"", "digest")


def test_what_describes_the_connection_is_left_out() -> None:
    environ = {
        "REQUEST_METHOD": "PUT",
        "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=...",
        "HTTP_TRANSFER_ENCODING": "chunked",
        "HTTP_EXPECT": "100-continue",
        "wsgi.input": object(),
        "REMOTE_PORT": 4711,
    }

    kept = Call.from_environ(environ, b"").environ

    assert kept == {"REQUEST_METHOD": "PUT", "HTTP_AUTHORIZATION": "AWS4-HMAC-SHA256 Credential=..."}


def test_the_environment_to_execute_a_call_with_has_its_body() -> None:
    environ = call(body=b"body").to_environ()

    assert environ["wsgi.input"].read() == b"body"
    assert environ["CONTENT_LENGTH"] == "4"


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (call(HTTP_X_AMZ_TARGET="AmazonSSM.GetParameter"), "GetParameter"),
        (call(body=b"Action=CreateVpc&CidrBlock=10.0.0.0%2F16", **FORM), "CreateVpc"),
        (call("GET", QUERY_STRING="Action=AssumeRoleWithWebIdentity&Version=2011-06-15"), "AssumeRoleWithWebIdentity"),
        (
            call(PATH_INFO="/service/GraniteServiceVersion20100801/operation/PutMetricData", HTTP_SMITHY_PROTOCOL="x"),
            "PutMetricData",
        ),
        (call("PUT", PATH_INFO="/bucket/operation/PutMetricData"), None),
    ],
    ids=["json", "form", "query", "smithy", "an S3 key that looks like smithy"],
)
def test_the_operation_is_found_where_each_protocol_puts_it(made: Call, name: str | None) -> None:
    assert operation(made) == name


@pytest.mark.parametrize(
    "name", ["DescribeVpcs", "ListTasks", "GetParameters", "BatchGetImage", "SimulateCustomPolicy"]
)
def test_operations_that_only_look_are_reads(name: str) -> None:
    assert is_read(call(HTTP_X_AMZ_TARGET=f"Service.{name}"))


@pytest.mark.parametrize("name", ["AssumeRole", "PutMetricData", "GetSessionToken", "RunTask", "SomethingNew"])
def test_operations_that_may_change_something_are_not_reads(name: str) -> None:
    assert not is_read(call(HTTP_X_AMZ_TARGET=f"Service.{name}"))


@pytest.mark.parametrize(("method", "read"), [("GET", True), ("HEAD", True), ("PUT", False), ("DELETE", False)])
def test_a_rest_call_is_judged_by_its_method(method: str, read: bool) -> None:
    assert is_read(call(method, PATH_INFO="/bucket/key")) is read


def test_a_key_pair_cannot_be_made_twice() -> None:
    assert not is_repeatable(call(body=b"Action=CreateKeyPair&KeyName=k", **FORM))
    assert is_repeatable(call(body=b"Action=CreateVpc", **FORM))
