"""ECS over boto3: a task is what its agent reports, a service's counts are its tasks."""

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

CONTAINERS = [
    {"name": "app", "image": "app:v1", "portMappings": [{"containerPort": 80}]},
    {"name": "sidecar", "image": "sidecar:v1", "essential": False},
]


class Stack:
    """A cluster with a task definition, for one test."""

    def __init__(self, plane: Any, name: str) -> None:
        self.ecs = plane.client("ecs")
        self.name = name
        network = plane.network()
        self.subnets = network["subnets"]
        self.ec2 = plane.client("ec2")
        self.arguments = {
            "cluster": name,
            "launchType": "FARGATE",
            "networkConfiguration": {
                "awsvpcConfiguration": {"subnets": network["subnets"], "securityGroups": [network["group"]]}
            },
        }
        self.ecs.create_cluster(clusterName=name)
        self.register()

    def register(self) -> str:
        definition = self.ecs.register_task_definition(
            family=self.name,
            requiresCompatibilities=["FARGATE"],
            networkMode="awsvpc",
            cpu="256",
            memory="512",
            containerDefinitions=CONTAINERS,
        )
        arn: str = definition["taskDefinition"]["taskDefinitionArn"]
        return arn

    def run(self, **more: Any) -> str:
        arn: str = self.ecs.run_task(taskDefinition=self.name, **self.arguments, **more)["tasks"][0]["taskArn"]
        return arn

    def service(self, desired: int = 1, **more: Any) -> dict[str, Any]:
        created: dict[str, Any] = self.ecs.create_service(
            serviceName="web", taskDefinition=self.name, desiredCount=desired, **self.arguments, **more
        )["service"]
        return created

    def task(self, arn: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.ecs.describe_tasks(cluster=self.name, tasks=[arn])["tasks"][0]
        return shown

    def shown(self) -> dict[str, Any]:
        services: list[dict[str, Any]] = self.ecs.describe_services(
            cluster=self.name, services=["web"], include=["TAGS"]
        )["services"]
        return services[0]

    def submit(self, arn: str, status: str, **more: Any) -> None:
        self.ecs.submit_task_state_change(cluster=self.name, task=arn, status=status, **more)


@pytest.fixture
def stack(shared_plane: Any, request: pytest.FixtureRequest) -> Stack:
    return Stack(shared_plane, f"c{abs(hash(request.node.name))}")


def test_a_task_waits_for_its_agent(stack: Stack) -> None:
    shown = stack.task(stack.run())

    assert (shown["lastStatus"], shown["desiredStatus"]) == ("PROVISIONING", "RUNNING")
    assert [container["name"] for container in shown["containers"]] == ["app", "sidecar"]
    assert (shown["cpu"], shown["memory"], shown["launchType"]) == ("256", "512", "FARGATE")


def test_a_task_has_an_address_in_its_subnet_until_it_stops(stack: Stack) -> None:
    arn = stack.run()
    (attachment,) = stack.task(arn)["attachments"]
    details = {detail["name"]: detail["value"] for detail in attachment["details"]}

    stack.submit(arn, "STOPPED")

    assert details["privateIPv4Address"].startswith("10.7.")
    assert details["subnetId"] in stack.subnets
    assert stack.task(arn)["attachments"][0]["status"] == "DELETED"
    with pytest.raises(ClientError, match="InvalidNetworkInterfaceID"):
        stack.ec2.describe_network_interfaces(NetworkInterfaceIds=[details["networkInterfaceId"]])


def test_overrides_and_origin_of_a_task_are_shown(stack: Stack) -> None:
    overrides = {"containerOverrides": [{"name": "app", "command": ["job"]}], "cpu": "512"}

    shown = stack.task(stack.run(overrides=overrides, group="service:web", startedBy="ecs-svc/1"))

    assert shown["overrides"]["containerOverrides"][0]["command"] == ["job"]
    assert (shown["cpu"], shown["group"], shown["startedBy"]) == ("512", "service:web", "ecs-svc/1")


def test_an_override_of_an_unknown_container_is_refused(stack: Stack) -> None:
    with pytest.raises(ClientError, match="container named other is not a container"):
        stack.run(overrides={"containerOverrides": [{"name": "other"}]})


def test_a_task_without_fargate_has_nowhere_to_run(stack: Stack) -> None:
    with pytest.raises(ClientError, match="No Container Instances were found"):
        stack.ecs.run_task(cluster=stack.name, taskDefinition=stack.name)


def test_the_agents_report_is_shown(stack: Stack) -> None:
    arn = stack.run()
    binding = {"bindIP": "127.0.0.1", "containerPort": 80, "hostPort": 8123, "protocol": "tcp"}

    stack.submit(
        arn,
        "RUNNING",
        containers=[{"containerName": "app", "status": "RUNNING", "runtimeId": "4711", "networkBindings": [binding]}],
    )

    shown = stack.task(arn)
    assert shown["lastStatus"] == "RUNNING"
    assert shown["startedAt"] >= shown["createdAt"]
    assert shown["containers"][0]["networkBindings"] == [binding]


def test_a_stopped_task_keeps_running_until_the_agent_says_so(stack: Stack) -> None:
    arn = stack.run()
    stack.submit(arn, "RUNNING")

    stack.ecs.stop_task(cluster=stack.name, task=arn, reason="drill")
    asked = stack.task(arn)
    stack.submit(arn, "STOPPED", containers=[{"containerName": "app", "status": "STOPPED", "exitCode": 143}])

    assert (asked["lastStatus"], asked["desiredStatus"]) == ("RUNNING", "STOPPED")
    shown = stack.task(arn)
    assert (shown["lastStatus"], shown["stopCode"], shown["stoppedReason"]) == ("STOPPED", "UserInitiated", "drill")
    assert shown["containers"][0]["exitCode"] == 143


def test_the_agents_times_are_shown_as_they_were_reported(stack: Stack) -> None:
    arn = stack.run()
    pulled = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    stack.submit(arn, "RUNNING", pullStartedAt=pulled)

    assert stack.task(arn)["pullStartedAt"] == pulled


def test_an_unknown_task_is_refused(stack: Stack) -> None:
    with pytest.raises(ClientError, match="InvalidParameterException"):
        stack.submit("nothing", "RUNNING")


def test_tasks_are_listed_by_what_is_asked(stack: Stack) -> None:
    mine = stack.run(group="service:web", startedBy="ecs-svc/1")
    other = stack.run()
    stopped = stack.run()
    stack.submit(stopped, "STOPPED")

    def listed(**filters: str) -> set[str]:
        return set(stack.ecs.list_tasks(cluster=stack.name, **filters)["taskArns"])

    assert listed() == {mine, other}
    assert listed(serviceName="web") == {mine}
    assert listed(startedBy="ecs-svc/1") == {mine}
    assert listed(family=stack.name) == {mine, other}
    assert listed(family="other") == set()
    assert listed(desiredStatus="STOPPED") == {stopped}


def test_a_service_keeps_its_settings_as_given(stack: Stack) -> None:
    given = {
        "deploymentConfiguration": {
            "maximumPercent": 150,
            "minimumHealthyPercent": 50,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
        "enableExecuteCommand": True,
        "enableECSManagedTags": True,
        "propagateTags": "SERVICE",
        "tags": [{"key": "Project", "value": "lab"}],
        "networkConfiguration": stack.arguments["networkConfiguration"],
    }
    balanced = {"targetGroupArn": "arn:aws:elb:tg", "containerName": "app", "containerPort": 80}
    arguments = {key: value for key, value in given.items() if key != "networkConfiguration"}

    stack.service(**arguments, loadBalancers=[balanced], healthCheckGracePeriodSeconds=45)

    shown = stack.shown()
    assert {key: shown[key] for key in given} == given
    assert shown["loadBalancers"] == [balanced]
    assert (shown["healthCheckGracePeriodSeconds"], shown["launchType"]) == (45, "FARGATE")
    assert shown["taskDefinition"].endswith(f"{stack.name}:1")


def test_a_service_counts_its_tasks(stack: Stack) -> None:
    deployment = stack.service()["deployments"][0]
    before = stack.shown()

    arn = stack.run(group="service:web", startedBy=deployment["id"])
    pending = stack.shown()
    stack.submit(arn, "RUNNING")

    assert (before["runningCount"], before["pendingCount"]) == (0, 0)
    assert (pending["runningCount"], pending["pendingCount"]) == (0, 1)
    assert (stack.shown()["runningCount"], stack.shown()["deployments"][0]["rolloutState"]) == (1, "COMPLETED")


def test_a_new_task_definition_is_a_new_deployment(stack: Stack) -> None:
    first = stack.service()["deployments"][0]
    stack.submit(stack.run(group="service:web", startedBy=first["id"]), "RUNNING")
    second = stack.register()

    stack.ecs.update_service(cluster=stack.name, service="web", taskDefinition=f"{stack.name}:2")

    primary, active = stack.shown()["deployments"]
    assert (primary["status"], primary["taskDefinition"], primary["runningCount"]) == ("PRIMARY", second, 0)
    assert (active["status"], active["id"], active["runningCount"]) == ("ACTIVE", first["id"], 1)
    assert stack.shown()["taskDefinition"] == second


def test_a_count_alone_is_no_new_deployment(stack: Stack) -> None:
    before = stack.service()["deployments"][0]["id"]

    stack.ecs.update_service(cluster=stack.name, service="web", desiredCount=3)

    assert [each["id"] for each in stack.shown()["deployments"]] == [before]
    assert stack.shown()["desiredCount"] == 3


def test_a_forced_deployment_has_a_new_id(stack: Stack) -> None:
    before = stack.service()["deployments"][0]["id"]

    stack.ecs.update_service(cluster=stack.name, service="web", forceNewDeployment=True)

    assert [each["id"] for each in stack.shown()["deployments"]] != [before]


def test_a_service_is_created_once(stack: Stack) -> None:
    stack.service()

    with pytest.raises(ClientError, match="not idempotent"):
        stack.service()


def test_a_service_that_is_scaled_is_deleted_by_force_and_drains(stack: Stack) -> None:
    deployment = stack.service()["deployments"][0]
    arn = stack.run(group="service:web", startedBy=deployment["id"])
    with pytest.raises(ClientError, match="scaled above 0"):
        stack.ecs.delete_service(cluster=stack.name, service="web")

    stack.ecs.delete_service(cluster=stack.name, service="web", force=True)
    draining = stack.shown()["status"]
    stack.submit(arn, "STOPPED")

    assert (draining, stack.shown()["status"]) == ("DRAINING", "INACTIVE")
    assert stack.ecs.list_services(cluster=stack.name)["serviceArns"] == []


def test_a_cluster_is_deleted_when_it_is_empty(stack: Stack) -> None:
    stack.service(desired=0)
    arn = stack.run()
    with pytest.raises(ClientError, match="ClusterContainsServices"):
        stack.ecs.delete_cluster(cluster=stack.name)
    stack.ecs.delete_service(cluster=stack.name, service="web")
    with pytest.raises(ClientError, match="ClusterContainsTasks"):
        stack.ecs.delete_cluster(cluster=stack.name)
    stack.submit(arn, "STOPPED")

    deleted = stack.ecs.delete_cluster(cluster=stack.name)["cluster"]

    assert deleted["status"] == "INACTIVE"
    assert not [each for each in stack.ecs.list_clusters()["clusterArns"] if each.endswith(stack.name)]


def test_what_was_deleted_carries_no_tags_any_more(stack: Stack, shared_plane: Any) -> None:
    tags = [{"key": "Stack", "value": stack.name}]
    stack.service(desired=0, tags=tags)
    tagging = shared_plane.client("resourcegroupstaggingapi")
    wanted = {"TagFilters": [{"Key": "Stack", "Values": [stack.name]}]}
    before = tagging.get_resources(**wanted)["ResourceTagMappingList"]

    stack.ecs.delete_service(cluster=stack.name, service="web")

    assert len(before) == 1
    assert tagging.get_resources(**wanted)["ResourceTagMappingList"] == []


def test_a_family_means_its_latest_active_revision(shared_plane: Any) -> None:
    ecs = shared_plane.client("ecs")
    arns = [
        ecs.register_task_definition(
            family="revised",
            containerDefinitions=[{"name": "c", "image": f"i:{number}", "essential": True, "memory": 64}],
        )["taskDefinition"]["taskDefinitionArn"]
        for number in (1, 2, 3)
    ]

    ecs.deregister_task_definition(taskDefinition=arns[2])

    assert ecs.describe_task_definition(taskDefinition="revised")["taskDefinition"]["taskDefinitionArn"] == arns[1]
    assert ecs.describe_task_definition(taskDefinition=arns[2])["taskDefinition"]["status"] == "INACTIVE"
    again = ecs.register_task_definition(
        family="revised", containerDefinitions=[{"name": "c", "image": "i:4", "essential": True, "memory": 64}]
    )
    assert again["taskDefinition"]["revision"] == 4
