import pytest

from mlops_lab.localcloud.agent.tracking import Tracking, alarms, from_description

POLICY = {
    "PolicyName": "p",
    "PolicyARN": "arn:aws:autoscaling:us-east-1:1:scalingPolicy:1:resource/ecs/service/main/app:policyName/p",
    "ResourceId": "service/main/app",
}
GROUP = "targetgroup/app/0123"


def policy(**configuration: object) -> dict:
    return POLICY | {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 60.0, **configuration}}


def predefined(kind: str, **label: str) -> dict:
    return policy(PredefinedMetricSpecification={"PredefinedMetricType": kind, **label})


def requests(target: float = 600.0) -> Tracking:
    found = from_description(
        predefined("ALBRequestCountPerTarget", ResourceLabel=f"app/lb/45/{GROUP}") | {"PolicyName": "requests"}
    )
    assert found is not None
    return Tracking(**vars(found) | {"target": target})


@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        ("ECSServiceAverageCPUUtilization", "CPUUtilization"),
        ("ECSServiceAverageMemoryUtilization", "MemoryUtilization"),
    ],
)
def test_a_predefined_metric_of_a_service_is_the_service_s_average(kind: str, metric: str):
    found = from_description(predefined(kind))

    assert found.metric == {
        "Namespace": "AWS/ECS",
        "MetricName": metric,
        "Dimensions": [{"Name": "ClusterName", "Value": "main"}, {"Name": "ServiceName", "Value": "app"}],
        "Statistic": "Average",
    }


def test_requests_per_target_are_the_sum_of_the_target_group_that_the_label_names():
    assert requests().metric == {
        "Namespace": "AWS/ApplicationELB",
        "MetricName": "RequestCountPerTarget",
        "Dimensions": [{"Name": "TargetGroup", "Value": GROUP}],
        "Statistic": "Sum",
    }


def test_a_customised_metric_is_followed_as_it_is_described():
    found = from_description(
        policy(
            CustomizedMetricSpecification={
                "MetricName": "Backlog",
                "Namespace": "Own",
                "Dimensions": [{"Name": "Queue", "Value": "q"}],
                "Statistic": "Maximum",
                "Unit": "Count",
            }
        )
    )

    assert found.metric["Dimensions"] == [{"Name": "Queue", "Value": "q"}]
    assert (found.metric["Statistic"], found.metric["Unit"]) == ("Maximum", "Count")


def test_what_cannot_be_followed_is_none():
    assert from_description(POLICY | {"StepScalingPolicyConfiguration": {}}) is None
    assert from_description(predefined("EC2SpotFleetRequestAverageCPUUtilization")) is None
    assert from_description(policy(CustomizedMetricSpecification={"Metrics": []})) is None


def test_cool_downs_are_ecs_s_where_the_policy_names_none():
    found = from_description(predefined("ECSServiceAverageCPUUtilization"))

    assert (found.out_cooldown, found.in_cooldown, found.scales_in) == (300, 300, True)
    assert from_description(policy(**found_specification(), ScaleOutCooldown=0)).out_cooldown == 0


def found_specification() -> dict:
    return {"PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}


def test_the_alarms_are_three_periods_above_and_fifteen_below_nine_tenths():
    high, low = alarms(from_description(policy(**found_specification())), period=10)

    assert (high["ComparisonOperator"], high["Threshold"], high["EvaluationPeriods"], high["Period"]) == (
        "GreaterThanThreshold",
        60.0,
        3,
        10,
    )
    assert (low["ComparisonOperator"], low["Threshold"], low["EvaluationPeriods"]) == ("LessThanThreshold", 54.0, 15)
    assert high["AlarmActions"] == low["AlarmActions"] == [POLICY["PolicyARN"]]
    assert high["AlarmName"].startswith("TargetTracking-service/main/app-AlarmHigh-")


def test_a_target_a_minute_is_scaled_to_the_period():
    assert requests().threshold(10) == 100.0
    assert alarms(requests(), period=10)[0]["Threshold"] == 100.0
    assert requests().threshold(60) == 600.0


def test_a_policy_that_does_not_scale_in_has_no_lower_alarm():
    found = from_description(policy(**found_specification(), DisableScaleIn=True))

    assert [alarm["AlarmName"] for alarm in alarms(found, 10)] == [found.high_alarm]


def test_a_policy_has_the_same_alarms_each_time():
    assert requests().high_alarm == requests().high_alarm != requests().low_alarm
