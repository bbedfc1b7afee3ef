"""Every service asks a role's policies, and CloudTrail tells what was asked."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

ROLE = "limited"
OWN = "arn:aws:ssm:eu-central-1:*:parameter/own/*"


def policy(*statements: tuple[list[str], str]) -> str:
    listed = [{"Effect": "Allow", "Action": actions, "Resource": resource} for actions, resource in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": listed})


@pytest.fixture(scope="module")
def role(shared_plane: Any) -> Any:
    """Makes clients with the credentials of a role that may read parameters below /own and write to one log group."""
    ssm, logs, iam = (shared_plane.client(each) for each in ("ssm", "logs", "iam"))
    for name in ("/own/key", "/other/key"):
        ssm.put_parameter(Name=name, Value="x", Type="String")
    for name in ("/own", "/other"):
        logs.create_log_group(logGroupName=name)
    arn = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument='{"Version":"2012-10-17"}')["Role"]["Arn"]
    allowed = policy(
        (["ssm:GetParameters"], OWN.replace("eu-central-1", "*")),
        (["logs:CreateLogStream", "logs:PutLogEvents"], "arn:aws:logs:*:*:log-group:/own:log-stream:*"),
        (["cloudwatch:PutMetricData"], "*"),
    )
    iam.put_role_policy(RoleName=ROLE, PolicyName="own", PolicyDocument=allowed)
    answer = shared_plane.client("sts").assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    return lambda service: shared_plane.client(service, answer["AccessKeyId"], answer["SessionToken"])


def refusal(call: Any, **arguments: object) -> dict[str, Any]:
    with pytest.raises(ClientError) as error:
        call(**arguments)
    return error.value.response["Error"]


def events(plane: Any, name: str) -> Iterator[dict[str, Any]]:
    attribute = [{"AttributeKey": "EventName", "AttributeValue": name}]
    for each in plane.client("cloudtrail").lookup_events(LookupAttributes=attribute)["Events"]:
        yield json.loads(each["CloudTrailEvent"])


def test_a_role_calls_what_its_policy_names(role: Any):
    assert role("ssm").get_parameters(Names=["/own/key"])["Parameters"][0]["Value"] == "x"
    role("logs").create_log_stream(logGroupName="/own", logStreamName="s")
    role("cloudwatch").put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 1}])
    assert role("sts").get_caller_identity()["Arn"].endswith(f":assumed-role/{ROLE}/session")


def test_one_resource_of_several_that_is_not_granted_refuses_the_call(role: Any):
    error = refusal(role("ssm").get_parameters, Names=["/own/key", "/other/key"])

    assert error["Code"] == "AccessDeniedException"
    assert f"assumed-role/{ROLE}/session is not authorized to perform: ssm:GetParameters" in error["Message"]
    assert error["Message"].endswith("parameter/other/key")


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "code"),
    [
        ("ssm", "get_parameter", {"Name": "/own/key"}, "AccessDeniedException"),  # JSON
        ("logs", "create_log_stream", {"logGroupName": "/other", "logStreamName": "s"}, "AccessDeniedException"),
        ("iam", "list_roles", {}, "AccessDenied"),  # query
        ("elbv2", "describe_load_balancers", {}, "AccessDenied"),
        ("scheduler", "list_schedules", {}, "AccessDeniedException"),  # REST
        ("ecs", "register_task_definition", {"family": "f", "containerDefinitions": []}, "AccessDeniedException"),
        ("ecs", "run_task", {"taskDefinition": "unknown"}, "AccessDeniedException"),
    ],
)
def test_what_no_policy_names_is_refused_in_the_protocol_s_own_words(
    role: Any, service: str, operation: str, arguments: dict[str, Any], code: str
):
    assert refusal(getattr(role(service), operation), **arguments)["Code"] == code


def test_a_refused_call_changes_nothing(shared_plane: Any, role: Any):
    refusal(role("ssm").put_parameter, Name="/own/key", Value="y", Type="String", Overwrite=True)

    assert shared_plane.client("ssm").get_parameter(Name="/own/key")["Parameter"]["Value"] == "x"


def test_the_event_history_tells_role_action_resource_and_how_often(shared_plane: Any, role: Any):
    for _ in range(3):
        role("logs").put_log_events(
            logGroupName="/own", logStreamName="s", logEvents=[{"timestamp": 1_700_000_000_000, "message": "m"}]
        )

    (seen,) = events(shared_plane, "PutLogEvents")
    assert seen["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == ROLE
    assert (seen["eventSource"], seen["additionalEventData"]["calls"]) == ("logs.amazonaws.com", 3)
    assert seen["resources"][0]["ARN"].endswith("log-group:/own:log-stream:s")
    assert "errorCode" not in seen


def test_the_event_history_tells_refusals(shared_plane: Any, role: Any):
    refusal(role("ssm").delete_parameter, Name="/own/key")

    (seen,) = events(shared_plane, "DeleteParameter")
    assert seen["errorCode"] == "AccessDenied"


def test_the_account_s_own_key_may_do_all(shared_plane: Any):
    assert shared_plane.client("iam").list_roles()["Roles"]
