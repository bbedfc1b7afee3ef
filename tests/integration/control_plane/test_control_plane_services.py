"""The other services that moto lacks or gets wrong, over boto3."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
SICK = """
import mlops_lab.localcloud.plane.__main__ as program
from mlops_lab.localcloud.plane import ControlPlane, TargetHealth

def health(group, target, port):
    return TargetHealth("unhealthy", "Target.Timeout", f"{target}:{port}") if port == 8002 else None

class Sick(ControlPlane):
    def start(self):
        self.health_of = health
        super().start()

program.ControlPlane = Sick
raise SystemExit(program.main())
"""


def manifest(content: str) -> str:
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "artifactType": "application/vnd.lab.application.v1",
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": "sha256:" + 64 * "a", "size": 2},
            "layers": [{"mediaType": "application/gzip", "digest": content, "size": 1000}],
        }
    )


def test_targets_are_told_apart_by_port_and_have_the_health_that_the_data_plane_sees(
    idle_plane: Any, tmp_path: Path
) -> None:
    script = tmp_path / "sick.py"
    script.write_text(SICK)
    plane = idle_plane.start(program=(str(script),))
    elbv2 = plane.client("elbv2")
    vpc = plane.network()["vpc"]
    group = elbv2.create_target_group(Name="tg", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    targets = [{"Id": "127.0.0.1", "Port": port} for port in (8001, 8002, 8003)]

    elbv2.register_targets(TargetGroupArn=arn, Targets=targets)
    elbv2.deregister_targets(TargetGroupArn=arn, Targets=targets[2:])

    shown = elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    assert [(each["Target"]["Port"], each["TargetHealth"]["State"]) for each in shown] == [
        (8001, "initial"),
        (8002, "unhealthy"),
    ]
    assert shown[0]["TargetHealth"]["Reason"] == "Elb.RegistrationInProgress"
    assert shown[1]["TargetHealth"]["Description"] == "127.0.0.1:8002"
    gone = elbv2.describe_target_health(TargetGroupArn=arn, Targets=targets[2:])["TargetHealthDescriptions"]
    assert gone[0]["TargetHealth"]["Reason"] == "Target.NotRegistered"


def test_an_image_is_found_by_the_digest_of_its_manifest_and_by_its_tag(shared_plane: Any) -> None:
    ecr = shared_plane.client("ecr")
    ecr.create_repository(repositoryName="images", imageTagMutability="IMMUTABLE")
    text = manifest("one")
    digest = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"

    pushed = ecr.put_image(repositoryName="images", imageTag="v1", imageManifest=text)["image"]

    assert pushed["imageId"] == {"imageDigest": digest, "imageTag": "v1"}
    for wanted in ({"imageTag": "v1"}, {"imageDigest": digest}):
        (found,) = ecr.batch_get_image(repositoryName="images", imageIds=[wanted])["images"]
        assert found["imageManifest"] == text
    (detail,) = ecr.describe_images(repositoryName="images")["imageDetails"]
    assert (detail["imageDigest"], detail["imageSizeInBytes"]) == (digest, 1002)
    assert detail["artifactMediaType"] == "application/vnd.lab.application.v1"


def test_an_immutable_tag_stays(shared_plane: Any) -> None:
    ecr = shared_plane.client("ecr")
    ecr.create_repository(repositoryName="immutable", imageTagMutability="IMMUTABLE")
    push = {"repositoryName": "immutable", "imageTag": "v1"}
    ecr.put_image(**push, imageManifest=manifest("one"))

    with pytest.raises(ecr.exceptions.ImageTagAlreadyExistsException):
        ecr.put_image(**push, imageManifest=manifest("two"))
    with pytest.raises(ecr.exceptions.ImageAlreadyExistsException):
        ecr.put_image(**push, imageManifest=manifest("one"))


def test_a_mutable_tag_moves(shared_plane: Any) -> None:
    ecr = shared_plane.client("ecr")
    ecr.create_repository(repositoryName="mutable")
    push = {"repositoryName": "mutable", "imageTag": "latest"}
    ecr.put_image(**push, imageManifest=manifest("one"))

    ecr.put_image(**push, imageManifest=manifest("two"))

    wanted = [{"imageTag": "latest"}]
    (found,) = ecr.batch_get_image(repositoryName="mutable", imageIds=wanted)["images"]
    assert found["imageManifest"] == manifest("two")


def test_a_manifest_that_has_not_the_stated_digest_is_refused(shared_plane: Any) -> None:
    ecr = shared_plane.client("ecr")
    ecr.create_repository(repositoryName="digests")

    with pytest.raises(ecr.exceptions.ImageDigestDoesNotMatchException):
        ecr.put_image(repositoryName="digests", imageManifest=manifest("one"), imageDigest="sha256:" + 64 * "0")


def test_a_scalable_target_has_tags(shared_plane: Any) -> None:
    shared_plane.client("ecs").create_cluster(clusterName="scaled")
    shared_plane.client("ecs").register_task_definition(
        family="scaled", containerDefinitions=[{"name": "a", "image": "a", "memory": 64}]
    )
    shared_plane.client("ecs").create_service(cluster="scaled", serviceName="web", taskDefinition="scaled")
    scaling = shared_plane.client("application-autoscaling")
    target = {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/scaled/web",
        "ScalableDimension": "ecs:service:DesiredCount",
    }

    arn = scaling.register_scalable_target(**target, MinCapacity=1, MaxCapacity=3, Tags={"a": "1"})["ScalableTargetARN"]
    scaling.tag_resource(ResourceARN=arn, Tags={"b": "2"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])
    tags = scaling.list_tags_for_resource(ResourceARN=arn)["Tags"]
    scaling.deregister_scalable_target(**target)

    assert tags == {"b": "2"}
    with pytest.raises(scaling.exceptions.ResourceNotFoundException):
        scaling.list_tags_for_resource(ResourceARN=arn)


def test_a_budget_is_updated_with_its_notifications_and_subscribers(shared_plane: Any) -> None:
    budgets = shared_plane.client("budgets")
    budget = {
        "BudgetName": "monthly",
        "BudgetLimit": {"Amount": "20", "Unit": "USD"},
        "TimeUnit": "MONTHLY",
        "BudgetType": "COST",
    }
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    named = {"AccountId": ACCOUNT, "BudgetName": "monthly"}
    first, second = ({"SubscriptionType": "EMAIL", "Address": f"{name}@example.com"} for name in ("one", "two"))
    budgets.create_budget(
        AccountId=ACCOUNT,
        Budget=budget,
        NotificationsWithSubscribers=[{"Notification": notification, "Subscribers": [first]}],
        ResourceTags=[{"Key": "Project", "Value": "lab"}],
    )

    budgets.update_budget(AccountId=ACCOUNT, NewBudget=budget | {"BudgetLimit": {"Amount": "30", "Unit": "USD"}})
    budgets.create_subscriber(**named, Notification=notification, Subscriber=second)
    budgets.delete_subscriber(**named, Notification=notification, Subscriber=first)
    budgets.update_notification(
        **named, OldNotification=notification, NewNotification=notification | {"Threshold": 90.0}
    )

    assert budgets.describe_budget(**named)["Budget"]["BudgetLimit"]["Amount"] == "30"
    (shown,) = budgets.describe_notifications_for_budget(**named)["Notifications"]
    assert (shown["Threshold"], shown["ThresholdType"]) == (90.0, "PERCENTAGE")
    subscribers = budgets.describe_subscribers_for_notification(**named, Notification=shown)["Subscribers"]
    assert subscribers == [second]
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/monthly"
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "Project", "Value": "lab"}]


def test_a_missing_notification_is_refused(shared_plane: Any) -> None:
    budgets = shared_plane.client("budgets")
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 1.0}

    with pytest.raises(budgets.exceptions.NotFoundException):
        budgets.describe_subscribers_for_notification(
            AccountId=ACCOUNT, BudgetName="missing", Notification=notification
        )


def test_an_anomaly_monitor_and_its_subscription_live_and_die(shared_plane: Any) -> None:
    explorer = shared_plane.client("ce")
    tags = [{"Key": "Project", "Value": "lab"}]
    monitor = explorer.create_anomaly_monitor(
        AnomalyMonitor={"MonitorName": "m", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"},
        ResourceTags=tags,
    )["MonitorArn"]
    threshold = {
        "Dimensions": {
            "Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
            "Values": ["5"],
            "MatchOptions": ["GREATER_THAN_OR_EQUAL"],
        }
    }

    subscription = explorer.create_anomaly_subscription(
        AnomalySubscription={
            "SubscriptionName": "s",
            "MonitorArnList": [monitor],
            "Subscribers": [{"Type": "EMAIL", "Address": "one@example.com"}],
            "Frequency": "DAILY",
            "ThresholdExpression": threshold,
        }
    )["SubscriptionArn"]
    explorer.update_anomaly_monitor(MonitorArn=monitor, MonitorName="renamed")
    explorer.update_anomaly_subscription(SubscriptionArn=subscription, Frequency="WEEKLY")

    (shown,) = explorer.get_anomaly_monitors(MonitorArnList=[monitor])["AnomalyMonitors"]
    assert (shown["MonitorName"], shown["MonitorDimension"]) == ("renamed", "SERVICE")
    (listed,) = explorer.get_anomaly_subscriptions(MonitorArn=monitor)["AnomalySubscriptions"]
    assert (listed["Frequency"], listed["ThresholdExpression"], listed["AccountId"]) == ("WEEKLY", threshold, ACCOUNT)
    assert explorer.list_tags_for_resource(ResourceArn=monitor)["ResourceTags"] == tags
    explorer.delete_anomaly_subscription(SubscriptionArn=subscription)
    explorer.delete_anomaly_monitor(MonitorArn=monitor)
    with pytest.raises(explorer.exceptions.UnknownMonitorException):
        explorer.get_anomaly_monitors(MonitorArnList=[monitor])


def test_a_subscription_needs_a_monitor_that_exists(shared_plane: Any) -> None:
    explorer = shared_plane.client("ce")

    with pytest.raises(explorer.exceptions.UnknownMonitorException):
        explorer.create_anomaly_subscription(
            AnomalySubscription={
                "SubscriptionName": "s",
                "MonitorArnList": ["arn:aws:ce::123456789012:anomalymonitor/none"],
                "Subscribers": [],
                "Frequency": "DAILY",
            }
        )


def test_a_managed_policy_of_aws_can_be_attached_and_read(shared_plane: Any) -> None:
    iam = shared_plane.client("iam")
    arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    iam.create_role(RoleName="execution", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')

    iam.attach_role_policy(RoleName="execution", PolicyArn=arn)

    attached = iam.list_attached_role_policies(RoleName="execution")["AttachedPolicies"]
    assert [policy["PolicyArn"] for policy in attached] == [arn]
    assert iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"] == 1


def test_an_unknown_managed_policy_is_refused(shared_plane: Any) -> None:
    with pytest.raises(ClientError, match="NoSuchEntity"):
        shared_plane.client("iam").get_policy(PolicyArn="arn:aws:iam::aws:policy/NoSuchPolicy")


def test_secrets_are_decrypted_on_request_only(shared_plane: Any) -> None:
    ssm = shared_plane.client("ssm")
    ssm.put_parameter(Name="/key", Value="s3cret", Type="SecureString")

    plain, hidden = (
        ssm.get_parameters(Names=["/key"], WithDecryption=decrypt)["Parameters"][0]["Value"]
        for decrypt in (True, False)
    )

    assert plain == "s3cret"
    assert "s3cret" not in hidden.split(":")[0]


def test_random_passwords_differ_and_have_the_length(shared_plane: Any) -> None:
    secrets = shared_plane.client("secretsmanager")

    made = {secrets.get_random_password(PasswordLength=40)["RandomPassword"] for _ in range(3)}

    assert len(made) == 3
    assert {len(password) for password in made} == {40}


def test_what_moto_cannot_do_is_said_and_not_retried(shared_plane: Any) -> None:
    with pytest.raises(ClientError) as refused:
        shared_plane.client("ce").get_cost_forecast(
            TimePeriod={"Start": "2026-01-01", "End": "2026-02-01"}, Metric="BLENDED_COST", Granularity="MONTHLY"
        )

    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_a_deleted_glue_database_is_listed_by_no_tag(shared_plane: Any) -> None:
    glue, tagging = shared_plane.client("glue"), shared_plane.client("resourcegroupstaggingapi")
    glue.create_database(DatabaseInput={"Name": "logged"}, Tags={"Owner": "somebody"})
    filters = [{"Key": "Owner", "Values": ["somebody"]}]
    before = tagging.get_resources(TagFilters=filters)["ResourceTagMappingList"]

    glue.delete_database(Name="logged")

    assert [each["ResourceARN"] for each in before] == [f"arn:aws:glue:us-east-1:{ACCOUNT}:database/logged"]
    assert tagging.get_resources(TagFilters=filters)["ResourceTagMappingList"] == []


def test_cost_explorer_meters_what_ran_and_tells_it_apart_by_active_tags(shared_plane: Any) -> None:
    explorer = shared_plane.client("ce")
    asked = {
        "TimePeriod": {"Start": "2026-01-01", "End": "2026-02-01"},
        "Granularity": "MONTHLY",
        "Metrics": ["UnblendedCost"],
        "GroupBy": [{"Type": "DIMENSION", "Key": "SERVICE"}],
    }

    explorer.update_cost_allocation_tags_status(CostAllocationTagsStatus=[{"TagKey": "Project", "Status": "Active"}])
    answer = explorer.get_cost_and_usage(**asked)
    with pytest.raises(ClientError, match="not metered"):
        explorer.get_cost_and_usage(**asked | {"Metrics": ["NormalizedUsageAmount"]})

    assert [each["Groups"] for each in answer["ResultsByTime"]] == [[]]
    active = explorer.list_cost_allocation_tags(Status="Active")["CostAllocationTags"]
    assert [(each["TagKey"], each["Status"]) for each in active] == [("Project", "Active")]
