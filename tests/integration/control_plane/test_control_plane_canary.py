"""What a canary moves, in the control plane: weights of a rule, the schedule of its deadline, its object in S3."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.integration.control_plane.conftest import Plane
from tests.unit.delivery.canary.world import BEGUN, World, opened

from mlops_lab import catalog
from mlops_lab.delivery.canary.deadline import Deadline
from mlops_lab.delivery.canary.state import LostError, Store
from mlops_lab.delivery.canary.traffic_split import TrafficSplit
from mlops_lab.errors import LabError


@pytest.fixture(scope="module")
def balanced(shared_plane: Plane) -> Plane:
    """A listener whose rule forwards to both tracks of income, stable with one target."""
    network, elbv2 = shared_plane.network(), shared_plane.client("elbv2")
    made = elbv2.create_load_balancer(Name=catalog.BALANCER, Subnets=network["subnets"])["LoadBalancers"][0]
    groups = [
        elbv2.create_target_group(
            Name=catalog.service("income", track), Protocol="HTTP", Port=8000, VpcId=network["vpc"], TargetType="ip"
        )["TargetGroups"][0]["TargetGroupArn"]
        for track in catalog.TRACKS
    ]
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    listener = elbv2.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[fixed]
    )["Listeners"][0]["ListenerArn"]
    weighted = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in zip(groups, (100, 0), strict=True)]
    elbv2.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/income/*"]}],
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}],
    )
    elbv2.register_targets(TargetGroupArn=groups[0], Targets=[{"Id": "127.0.0.1", "Port": 8000}])
    return shared_plane


class Healthy:
    """ELBv2 with as many healthy targets as it is told."""

    def __init__(self, elbv2: Any, *healthy: str) -> None:
        self._elbv2, self._healthy = elbv2, healthy

    def __getattr__(self, name: str) -> Any:
        return getattr(self._elbv2, name)

    def describe_target_health(self, TargetGroupArn: str) -> dict[str, Any]:
        state = "healthy" if any(f"-{track}/" in TargetGroupArn for track in self._healthy) else "unhealthy"
        target = {"Id": "127.0.0.1", "Port": 8000}
        return {"TargetHealthDescriptions": [{"Target": target, "TargetHealth": {"State": state}}]}


def test_weights_are_read_as_they_were_written_and_sum_to_100(balanced: Plane):
    split = TrafficSplit(Healthy(balanced.client("elbv2"), "stable", "canary"), "income")

    seen = []
    for percent in (5, 50, 100, 0):
        split.write(percent)
        seen.append(split.read())

    (rule,) = balanced.client("elbv2").describe_rules(RuleArns=[split.rule])["Rules"]
    weights = [each["Weight"] for each in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]]
    assert seen == [5, 50, 100, 0]
    assert sum(weights) == 100


def test_a_track_without_a_healthy_target_gets_no_weight(balanced: Plane):
    split = TrafficSplit(Healthy(balanced.client("elbv2"), "stable"), "income")

    with pytest.raises(LabError, match=r"canary.* has no healthy target and would get 50 %"):
        split.write(50)
    assert split.read() == 0


def test_stable_gets_all_weight_even_while_no_target_is_healthy(balanced: Plane):
    elbv2 = balanced.client("elbv2")
    TrafficSplit(Healthy(elbv2, "stable", "canary"), "income").write(50)

    TrafficSplit(Healthy(elbv2), "income").write(0)

    assert TrafficSplit(Healthy(elbv2), "income").read() == 0


def test_a_deadline_is_a_schedule_that_would_restore_the_rule_s_weights(balanced: Plane):
    scheduler, iam = balanced.client("scheduler"), balanced.client("iam")
    role = catalog.canary_role("income")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    scheduler.create_schedule_group(Name=catalog.SCHEDULES)
    split = TrafficSplit(balanced.client("elbv2"), "income")
    deadline, when = Deadline(scheduler, iam, "income", split), datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)
    place = {"Name": role, "GroupName": catalog.SCHEDULES}

    deadline.arm(when)
    deadline.arm(when + timedelta(minutes=1))

    armed = scheduler.get_schedule(**place)
    assert armed["ScheduleExpression"] == "at(2030-01-02T03:05:05)"
    assert armed["Target"]["Arn"] == "arn:aws:scheduler:::aws-sdk:elasticloadbalancingv2:modifyRule"
    TrafficSplit(Healthy(balanced.client("elbv2"), "stable", "canary"), "income").write(50)
    balanced.client("elbv2").modify_rule(**json.loads(armed["Target"]["Input"]))
    assert split.read() == 0
    deadline.disarm()
    deadline.disarm()
    with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
        scheduler.get_schedule(**place)


def test_a_canary_belongs_to_the_controller_that_wrote_it_last(shared_plane: Plane):
    s3, canary = shared_plane.client("s3"), opened(World())
    s3.create_bucket(Bucket="predictions")
    first, second = (Store(s3, "predictions", "income", owner) for owner in ("first", "second"))
    first.write(canary, BEGUN)
    first.write(canary, BEGUN + timedelta(seconds=1))

    with pytest.raises(LostError):
        second.write(canary, BEGUN)
    second.read()
    taken = second.write(canary, BEGUN + timedelta(seconds=2))

    with pytest.raises(LostError):
        first.write(canary, BEGUN + timedelta(seconds=3))
    assert second.read() == taken
