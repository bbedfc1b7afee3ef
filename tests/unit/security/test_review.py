"""Grants are held against calls, and what has neither a call nor a reason is found."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mlops_lab.errors import LabError
from mlops_lab.security.calls import PROBE, Called, called
from mlops_lab.security.policies import Grant, Role, confused, granted
from mlops_lab.security.review import Justification, compare, justifications

TASK, BUCKET = "mlops-lab-income-task", "arn:aws:s3:::lab/models/income/*"
READ = Grant(TASK, "s3:GetObject", BUCKET)
LOGIN = Grant(TASK, "ecr:GetAuthorizationToken", "*")


def call(
    action: str = "s3:GetObject", resource: str = "arn:aws:s3:::lab/models/income/1/model.onnx", **other: Any
) -> Called:
    known: dict[str, Any] = {"role": TASK, "refused": False, "calls": 2, "last": datetime(2026, 11, 24, tzinfo=UTC)}
    return Called(action=action, resource=resource, **known | other)


def role(*grants: Grant, deputies: tuple[str, ...] = ()) -> Role:
    return Role(TASK, grants, deputies)


def test_a_grant_that_was_used_needs_no_reason():
    review = compare([role(READ)], [call(), call()], [])

    assert (review.findings, review.used, review.grants[0].calls) == ((), 1, 4)


@pytest.mark.parametrize(
    "other",
    [
        call(role="mlops-lab-taxi-task"),
        call(action="s3:GetObjectVersion"),
        call(resource="arn:aws:s3:::lab/models/taxi/1/model.onnx"),
    ],
)
def test_the_calls_of_another_role_action_or_resource_do_not_count(other: Called):
    assert compare([role(READ)], [other], []).findings == (f"unused: {TASK} may s3:GetObject on {BUCKET}",)


def test_a_call_that_was_refused_is_found_and_uses_nothing():
    findings = compare([role(READ)], [call(refused=True)], []).findings

    assert len(findings) == 2
    assert findings[1].startswith(f"refused: {TASK}: s3:GetObject on ")


def test_a_refusal_is_over_when_the_action_was_allowed_since():
    later = datetime(2026, 11, 25, tzinfo=UTC)

    assert compare([role(READ)], [call(last=later), call(refused=True)], []).findings == ()
    assert compare([role(READ)], [call(), call(refused=True, last=later)], []).findings != ()


def test_a_wildcard_needs_a_reason_though_it_is_used():
    used = [call("ecr:GetAuthorizationToken", "*")]
    reason = Justification("mlops-lab-*", ("ecr:GetAuthorizationToken",), "takes no resource")

    assert compare([role(LOGIN)], used, []).findings == (f"wildcard: {TASK} may ecr:GetAuthorizationToken on *",)
    assert compare([role(LOGIN)], used, [reason]).findings == ()


def test_a_reason_for_what_no_role_holds_is_stale():
    reason = Justification("mlops-lab-*", ("s3:GetObject", "s3:DeleteBucket"), "once")

    (finding,) = compare([role(READ)], [call()], [reason]).findings

    assert finding == "stale: a reason is given for s3:DeleteBucket of mlops-lab-*, which no role has"


def test_passing_a_role_is_used_by_what_passes_it():
    passed = Grant(TASK, "iam:PassRole", "arn:aws:iam::1:role/other")

    assert compare([role(passed)], [call("ecs:RunTask", "arn:aws:ecs:x")], []).findings == ()
    assert compare([role(passed)], [call("ecs:ListTasks", "*")], []).findings != ()


def test_every_allowed_action_on_every_resource_is_a_grant_and_a_denial_is_none():
    document = {
        "Statement": [
            {"Effect": "Allow", "Action": ["s3:Get*", "s3:PutObject"], "Resource": [BUCKET, "*"]},
            {"Effect": "Deny", "Action": "s3:*", "Resource": "*"},
            {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"},
        ]
    }

    found = list(granted(TASK, [document]))

    assert [(each.action, each.resource) for each in found] == [
        ("s3:Get*", BUCKET),
        ("s3:Get*", "*"),
        ("s3:PutObject", BUCKET),
        ("s3:PutObject", "*"),
        ("*", "*"),
    ]
    assert [each.wildcard for each in found] == [True, True, False, True, True]


@pytest.mark.parametrize(
    ("principal", "condition", "expected"),
    [
        ({"Service": "ecs-tasks.amazonaws.com"}, {"StringEquals": {"aws:SourceAccount": "1"}}, []),
        (
            {"Service": "ecs-tasks.amazonaws.com"},
            {"StringEquals": {"aws:RequestedRegion": "x"}},
            ["ecs-tasks.amazonaws.com"],
        ),
        ({"Service": ["a.amazonaws.com", "b.amazonaws.com"]}, {}, ["a.amazonaws.com", "b.amazonaws.com"]),
        ("*", {}, ["*"]),
        ({"AWS": "arn:aws:iam::1:root"}, {}, []),
        ({"Federated": "arn:aws:iam::1:oidc-provider/g"}, {"StringEquals": {"g:aud": "sts", "g:sub": "repo:o/r"}}, []),
        (
            {"Federated": "arn:aws:iam::1:oidc-provider/g"},
            {"StringEquals": {"g:aud": "sts"}},
            ["arn:aws:iam::1:oidc-provider/g"],
        ),
    ],
)
def test_a_principal_that_takes_a_role_for_anybody_is_a_confused_deputy(
    principal: Any, condition: Any, expected: list[str]
):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal, "Condition": condition}

    found = list(confused({"Statement": [statement]}))

    assert found == expected
    assert len(compare([role(deputies=tuple(found))], [], []).findings) == len(expected)


def event(session: str = "task", **other: Any) -> dict[str, Any]:
    issuer = {"userName": TASK}
    identity = {"arn": f"arn:aws:sts::1:assumed-role/{TASK}/{session}", "sessionContext": {"sessionIssuer": issuer}}
    known = {"userIdentity": identity, "eventTime": "2026-11-24T00:00:00Z", "eventName": "PutMetricData"}
    return known | {"eventSource": "monitoring.amazonaws.com"} | other


def test_an_event_of_cloudtrail_is_a_call_of_an_action():
    (seen,) = called(event())

    assert (seen.role, seen.action, seen.resource, seen.calls, seen.refused) == (
        TASK,
        "cloudwatch:PutMetricData",
        "*",
        1,
        False,
    )
    assert [each.refused for each in called(event(errorCode="AccessDenied"))] == [True]
    assert list(called(event(session=PROBE))) == []
    assert list(called(event(userIdentity={"type": "Root"}))) == []


def test_justifications_that_lack_something_are_one_line(tmp_path: Path):
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "privileges.toml").write_text('[[justification]]\nrole = "x"\nactions = ["s3:GetObject"]\n')

    with pytest.raises(LabError, match="each justification has role, actions and reason"):
        justifications(tmp_path)
