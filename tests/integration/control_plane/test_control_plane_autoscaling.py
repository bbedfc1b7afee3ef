"""Application Auto Scaling as the agent and Terraform use it: policies keep their ARN and take their alarms along."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.integration.control_plane.conftest import Plane

TARGET = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/main/app",
    "ScalableDimension": "ecs:service:DesiredCount",
}


@pytest.fixture(scope="module", autouse=True)
def service(shared_plane: Plane) -> None:
    ecs = shared_plane.client("ecs")
    ecs.create_cluster(clusterName="main")
    ecs.register_task_definition(family="app", containerDefinitions=[{"name": "app", "image": "app", "memory": 64}])
    network = shared_plane.network()
    ecs.create_service(
        cluster="main",
        serviceName="app",
        taskDefinition="app",
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": {"subnets": network["subnets"]}},
    )


def put_policy(plane: Plane, target: float = 60.0) -> dict[str, Any]:
    autoscaling = plane.client("application-autoscaling")
    autoscaling.register_scalable_target(**TARGET, MinCapacity=1, MaxCapacity=3)
    return autoscaling.put_scaling_policy(
        **TARGET,
        PolicyName="cpu",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": target,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
        },
    )


def put_alarm(plane: Plane, policy: str) -> None:
    plane.client("cloudwatch").put_metric_alarm(
        AlarmName="TargetTracking-high",
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=3,
        Threshold=60.0,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[policy],
    )


def alarms(plane: Plane) -> list[str]:
    return [each["AlarmName"] for each in plane.client("cloudwatch").describe_alarms()["MetricAlarms"]]


def test_a_policy_makes_no_alarms_by_itself(shared_plane: Plane) -> None:
    put_policy(shared_plane)

    assert alarms(shared_plane) == []


def test_a_changed_policy_keeps_its_arn(shared_plane: Plane) -> None:
    before = put_policy(shared_plane)["PolicyARN"]

    assert put_policy(shared_plane, 70.0)["PolicyARN"] == before


def test_a_policy_shows_the_alarms_that_name_it_and_takes_them_with_it(shared_plane: Plane) -> None:
    autoscaling = shared_plane.client("application-autoscaling")
    put_alarm(shared_plane, put_policy(shared_plane)["PolicyARN"])

    (policy,) = autoscaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    assert [alarm["AlarmName"] for alarm in policy["Alarms"]] == ["TargetTracking-high"]

    autoscaling.delete_scaling_policy(**TARGET, PolicyName="cpu")
    assert alarms(shared_plane) == []


def test_a_deregistered_target_takes_its_policies_with_it(shared_plane: Plane) -> None:
    autoscaling = shared_plane.client("application-autoscaling")
    put_alarm(shared_plane, put_policy(shared_plane)["PolicyARN"])

    autoscaling.deregister_scalable_target(**TARGET)

    assert autoscaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"] == []
    assert alarms(shared_plane) == []
    with pytest.raises(ClientError):
        autoscaling.delete_scaling_policy(**TARGET, PolicyName="cpu")


def test_without_somebody_who_scales_there_are_no_activities(shared_plane: Plane) -> None:
    answer = shared_plane.client("application-autoscaling").describe_scaling_activities(ServiceNamespace="ecs")

    assert answer["ScalingActivities"] == []
