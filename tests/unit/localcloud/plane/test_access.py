"""What a call needs to be allowed, and what is remembered of it."""

import json
from pathlib import Path
from typing import Any

import pytest

from mlops_lab.localcloud.plane.extension.access.needs import Need, Place, needs
from mlops_lab.localcloud.plane.extension.access.policy import granting
from mlops_lab.localcloud.plane.extension.access.record import AccessRecord

ECS, IAM = "arn:aws:ecs:eu-central-1:1", "arn:aws:iam::1:role"
DEFINITION = {
    "taskDefinitionArn": f"{ECS}:task-definition/job:3",
    "taskRoleArn": f"{IAM}/task",
    "executionRoleArn": None,
}
PLACE = Place("aws", "eu-central-1", "1", lambda name: DEFINITION if name == "job" else {})


@pytest.mark.parametrize(
    ("signed_for", "operation", "parameters", "expected"),
    [
        ("sts", "GetCallerIdentity", {}, []),
        ("monitoring", "PutMetricData", {"Namespace": "n"}, [Need("cloudwatch:PutMetricData")]),
        ("ssm", "GetParameters", {"Names": ["/a", "arn:x"]}, [
            Need("ssm:GetParameters", "arn:aws:ssm:eu-central-1:1:parameter/a"), Need("ssm:GetParameters", "arn:x")]),
        ("logs", "PutLogEvents", {"logGroupName": "/g", "logStreamName": "s"}, [
            Need("logs:PutLogEvents", "arn:aws:logs:eu-central-1:1:log-group:/g:log-stream:s")]),
        ("elasticloadbalancing", "ModifyRule", {"RuleArn": "arn:r", "Actions": [{"TargetGroupArn": "arn:t"}]}, [
            Need("elasticloadbalancing:ModifyRule", "arn:r")]),
        ("elasticloadbalancing", "DescribeRules", {"RuleArns": ["arn:r"]}, [
            Need("elasticloadbalancing:DescribeRules")]),
        ("ecs", "UpdateService", {"cluster": f"{ECS}:cluster/lab", "service": "api"}, [
            Need("ecs:UpdateService", f"{ECS}:service/lab/api")]),
        ("ecs", "RunTask", {"cluster": "lab", "taskDefinition": "job"}, [
            Need("ecs:RunTask", f"{ECS}:task-definition/job:3", {"ecs:cluster": f"{ECS}:cluster/lab"}),
            Need("iam:PassRole", f"{IAM}/task", {"iam:passedtoservice": "ecs-tasks.amazonaws.com"})]),
        ("ecs", "RunTask", {"cluster": "lab", "taskDefinition": "new:1", "propagateTags": "TASK_DEFINITION"}, [
            Need("ecs:RunTask", f"{ECS}:task-definition/new:1", {"ecs:cluster": f"{ECS}:cluster/lab"}),
            Need("ecs:TagResource", f"{ECS}:task/lab/*", {"ecs:createaction": "RunTask"})]),
        ("dynamodb", "PutItem", {"TableName": "t"}, [Need("dynamodb:PutItem")]),
        ("tagging", "TagResources", {"ResourceARNList": ["arn:a", "arn:b"]}, [
            Need("tag:TagResources", "arn:a"), Need("tag:TagResources", "arn:b")]),
    ],
)  # fmt: skip
def test_a_call_needs_its_action_on_what_it_names(
    signed_for: str, operation: str, parameters: dict[str, Any], expected: list[Need]
):
    assert list(needs(signed_for, operation, parameters, PLACE)) == expected


def test_a_grant_is_named_by_the_pattern_that_allowed_it_and_a_denial_wins():
    allow = {"Effect": "Allow", "Action": "s3:Get*", "Resource": ["arn:a/*", "arn:b/*"]}
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:b/secret"}
    documents = [{"Statement": [allow, deny]}]

    assert granting(documents, "s3:GetObject", "arn:b/x", {}) == "arn:b/*"
    assert granting(documents, "s3:GetObject", "arn:b/secret", {}) is None
    assert granting(documents, "s3:PutObject", "arn:b/x", {}) is None


@pytest.mark.parametrize(("cluster", "allowed"), [(f"{ECS}:cluster/lab", True), (f"{ECS}:cluster/other", False)])
def test_a_condition_on_an_arn_holds_by_pattern(cluster: str, allowed: bool):
    condition = {"ArnEquals": {"ecs:cluster": f"{ECS}:cluster/la*"}}
    document = {"Statement": {"Effect": "Allow", "Action": "ecs:RunTask", "Resource": "*", "Condition": condition}}

    assert (granting([document], "ecs:RunTask", "arn:x", {"ecs:cluster": cluster}) == "*") is allowed


def test_the_record_goes_on_after_a_restart_and_keeps_one_entry_a_grant(tmp_path: Path):
    record = AccessRecord()
    record.note("r", "s", "s3:GetObject", "arn:1", "arn:*")  # before it is opened: a replay
    record.open(tmp_path / "accesses.json")
    for number in range(3):
        record.note("r", "s", "s3:GetObject", f"arn:{number}", "arn:*")
    record.close()

    record.open(tmp_path / "accesses.json")
    record.note("r", "s", "s3:GetObject", "arn:9", None)

    refused, used = record.accesses()
    assert (used.calls, used.resource, used.allowed) == (3, "arn:2", True)
    assert (refused.calls, refused.grant, refused.allowed) == (1, "arn:9", False)
    assert len(json.loads((tmp_path / "accesses.json").read_text())) == 2
