import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from mlops_lab.localcloud.agent.clients import AwsAccount
from mlops_lab.localcloud.agent.invocation import invoke
from mlops_lab.localcloud.agent.schedules import Schedules

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
MAY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "ecs:RunTask",
            "Resource": "arn:aws:ecs:*:*:task-definition/jobs:*",
            "Condition": {"ArnLike": {"ecs:cluster": "arn:aws:ecs:*:*:cluster/c"}},
        },
        {"Effect": "Allow", "Action": "ecs:CreateCluster", "Resource": "*"},
    ],
}
NAMES = {"containerOverrides": [{"name": "job", "command": ["report"]}]}


def test_schedules_run_tasks_and_make_calls_once(plane: Any, tmp_path: Path) -> None:
    keys = {"AWS_ENDPOINT_URL": plane.url, "AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "test"}
    account = AwsAccount("us-east-1", keys)
    scheduler, ecs = account.client("scheduler"), account.client("ecs")
    cluster = ecs.create_cluster(clusterName="c")["cluster"]["clusterArn"]
    job = {"name": "job", "image": "job:1", "essential": True}
    sizes = {"cpu": "256", "memory": "512", "networkMode": "awsvpc", "requiresCompatibilities": ["FARGATE"]}
    ecs.register_task_definition(family="jobs", containerDefinitions=[job], **sizes)
    iam = account.client("iam")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="jobs", PolicyDocument=json.dumps(MAY))
    network = plane.network()
    places = {"Subnets": network["subnets"], "SecurityGroups": [network["group"]]}
    run = {
        "TaskDefinitionArn": "jobs",
        "LaunchType": "FARGATE",
        "NetworkConfiguration": {"awsvpcConfiguration": places},
    }
    task = {"Arn": cluster, "RoleArn": role, "EcsParameters": run, "Input": json.dumps(NAMES)}
    call = {"Arn": "arn:aws:scheduler:::aws-sdk:ecs:createCluster", "RoleArn": role, "Input": '{"ClusterName": "d"}'}
    for name, target in (("task", task), ("call", call)):
        wanted = {"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
        scheduler.create_schedule(Name=name, **wanted)
    scheduler.update_schedule(Name="call", **wanted)  # without a state, which is to be enabled
    later = datetime.now(UTC) + timedelta(minutes=61)

    for _ in range(2):  # the second is a daemon that was started again
        Schedules(
            scheduler,
            account.client("cloudwatch"),
            lambda schedule: invoke(schedule, account.of_role),
            tmp_path / "schedules.json",
        ).step(later)

    tasks = ecs.describe_tasks(cluster=cluster, tasks=ecs.list_tasks(cluster=cluster)["taskArns"])["tasks"]
    assert [each["startedBy"] for each in tasks] == ["chronos-schedule/task"]
    assert tasks[0]["overrides"]["containerOverrides"][0]["command"] == ["report"]
    assert any(arn.endswith("/d") for arn in ecs.list_clusters()["clusterArns"])
    metrics = account.client("cloudwatch").list_metrics(Namespace="AWS/Scheduler")["Metrics"]
    assert {metric["MetricName"] for metric in metrics} == {"InvocationAttemptCount"}
