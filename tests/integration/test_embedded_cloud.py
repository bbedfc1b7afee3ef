"""Somebody else's ECS stack on the embedded cloud: nothing here knows the lab's own projects."""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import psutil
import pytest
from tests.integration.conftest import free_ports

from mlops_lab.cloud.session import client
from mlops_lab.errors import LabError
from mlops_lab.localcloud import control
from mlops_lab.localcloud.household import Household
from mlops_lab.settings import Settings

APP = """
import hashlib, json, os, signal, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.endswith("/identity"):
            import boto3
            body = boto3.client("sts").get_caller_identity()["Arn"]
        elif self.path.endswith("/secret"):
            body = hashlib.sha256(os.environ["SECRET"].encode()).hexdigest()
        elif self.path.endswith("/slow"):
            time.sleep(1)
            body = "slow"
        else:
            body = str(os.getpid())
        content = body.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
    def log_message(self, *args):
        pass

if sys.argv[1:] == ["job"]:
    print("job: seed", os.environ["SEED"])
    sys.exit(3)
if sys.argv[1:] == ["broken"]:
    sys.exit("cannot start")
server = ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler)
server.daemon_threads = False
signal.signal(signal.SIGTERM, lambda *a: threading.Thread(target=server.shutdown).start())
print("up", flush=True)
server.serve_forever()
server.server_close()
"""
DIGEST = "0" * 64
IMAGE = f"123456789012.dkr.ecr.us-east-1.amazonaws.com/app@sha256:{DIGEST}"


class Stack(NamedTuple):
    """What the tests look at."""

    settings: Settings
    ecs: Any
    elbv2: Any
    url: str
    group: str
    network: dict[str, Any]

    def get(self, path: str = "/app/pid") -> httpx.Response:
        return httpx.get(f"{self.url}{path}", timeout=10)

    def service(self) -> dict[str, Any]:
        return self.ecs.describe_services(cluster="other", services=["app"])["services"][0]

    def healthy(self) -> int:
        answer = self.elbv2.describe_target_health(TargetGroupArn=self.group)
        return [each["TargetHealth"]["State"] for each in answer["TargetHealthDescriptions"]].count("healthy")

    def scale(self, count: int) -> None:
        self.ecs.update_service(cluster="other", service="app", desiredCount=count)
        until(lambda: self.healthy() == count and self.service()["runningCount"] == count)

    def stopped(self) -> list[dict[str, Any]]:
        arns = self.ecs.list_tasks(cluster="other", desiredStatus="STOPPED")["taskArns"]
        tasks = self.ecs.describe_tasks(cluster="other", tasks=arns)["tasks"] if arns else []
        return [task for task in tasks if task["lastStatus"] == "STOPPED"]


class Load:
    """Requests without a pause from some threads until told to stop; remembers what went wrong."""

    def __init__(self, stack: Stack, workers: int = 4):
        self.answers = 0
        self.failures: list[str] = []
        self._stack = stack
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._run) for _ in range(workers)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        with httpx.Client(timeout=10) as session:
            while not self._over.is_set():
                try:
                    answer = session.get(f"{self._stack.url}/app/pid")
                    if answer.is_success:
                        self.answers += 1
                    else:
                        self.failures.append(f"{answer.status_code} {answer.text[:80]}")
                except httpx.HTTPError as error:
                    self.failures.append(repr(error))
                time.sleep(0.005)


def until(condition: Callable[[], object], seconds: float = 30) -> Any:
    deadline = time.monotonic() + seconds
    while not (seen := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return seen


def definition(ecs: Any, *command: str, **changes: Any) -> str:
    container = {
        "name": "app",
        "image": IMAGE,
        "essential": True,
        "command": list(command),
        "portMappings": [{"containerPort": 8000}],
        "stopTimeout": 5,
        "environment": [{"name": "SEED", "value": "0"}],
        "secrets": [{"name": "SECRET", "valueFrom": "/other/secret"}],
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": "/other", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"},
        },
    }
    answer = ecs.register_task_definition(
        family="app",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        taskRoleArn="arn:aws:iam::123456789012:role/app-task",
        containerDefinitions=[container | changes],
    )
    return answer["taskDefinition"]["taskDefinitionArn"]


@pytest.fixture
def stack(cloud: Settings) -> Stack:
    package = Household(cloud).images / "app" / DIGEST
    package.mkdir(parents=True)
    (package / "app.py").write_text(APP)
    (package / "image.json").write_text(
        json.dumps({"entry_point": [sys.executable, str(package / "app.py")], "command": [], "environment": {}})
    )
    ec2, elbv2, ecs = (client(cloud, name) for name in ("ec2", "elbv2", "ecs"))
    client(cloud, "iam").create_role(RoleName="app-task", AssumeRolePolicyDocument='{"Version":"2012-10-17"}')
    client(cloud, "ssm").put_parameter(Name="/other/secret", Value="s3cret", Type="SecureString")
    client(cloud, "logs").create_log_group(logGroupName="/other")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for n, zone in enumerate("ab")
    ]
    balancer = elbv2.create_load_balancer(Name="other", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    group = elbv2.create_target_group(
        Name="app",
        Protocol="HTTP",
        Port=8000,
        VpcId=vpc,
        TargetType="ip",
        HealthCheckPath="/ready",
        HealthCheckIntervalSeconds=5,
        HealthCheckTimeoutSeconds=2,
        HealthyThresholdCount=2,
        UnhealthyThresholdCount=2,
    )["TargetGroups"][0]["TargetGroupArn"]
    elbv2.modify_target_group_attributes(
        TargetGroupArn=group, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "1"}]
    )
    listener = elbv2.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[
            {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}
        ],
    )["Listeners"][0]["ListenerArn"]
    elbv2.create_rule(
        ListenerArn=listener,
        Priority=1,
        Conditions=[{"Field": "path-pattern", "Values": ["/app/*"]}],
        Actions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    ecs.create_cluster(clusterName="other")
    network = {"awsvpcConfiguration": {"subnets": subnets, "securityGroups": []}}
    ecs.create_service(
        cluster="other",
        serviceName="app",
        taskDefinition=definition(ecs),
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=network,
        loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 8000}],
        deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}},
    )
    found = Stack(cloud, ecs, elbv2, str(cloud.balancer_url), group, network)
    until(lambda: found.healthy() == 1 and found.get().is_success)
    return found


def test_a_service_answers_through_the_balancer_with_its_secret_role_and_logs(stack: Stack):
    assert stack.get("/elsewhere").status_code == 404
    assert stack.get("/app/secret").text == "1ec1c26b50d5d3c58d9583181af8076655fe00756bf7285940ba3670f99fcba0"
    assert stack.get("/app/identity").text.startswith("arn:aws:sts::123456789012:assumed-role/app-task/")
    logs = client(stack.settings, "logs")
    (stream,) = until(lambda: logs.describe_log_streams(logGroupName="/other")["logStreams"])
    events = logs.get_log_events(logGroupName="/other", logStreamName=stream["logStreamName"])["events"]
    assert [event["message"] for event in events] == ["up"]


def test_scaling_out_and_in_fails_no_request(stack: Stack):
    with Load(stack) as load:
        stack.scale(3)
        stack.scale(1)

    assert load.failures == []
    assert load.answers > 100


def test_a_killed_task_leaves_rotation_and_is_replaced(stack: Stack):
    stack.scale(2)

    with Load(stack) as load:
        victim = int(stack.get().text)
        os.kill(victim, signal.SIGKILL)
        until(lambda: stack.stopped())
        until(lambda: stack.healthy() == 2)
        time.sleep(0.5)

    assert [each["exitCode"] for task in stack.stopped() for each in task["containers"]] == [137]
    assert len(load.failures) <= 4, load.failures  # at most the requests in flight: one a worker


def test_a_new_task_definition_rolls_without_a_failed_request(stack: Stack):
    before = stack.get().text

    with Load(stack) as load:
        stack.ecs.update_service(cluster="other", service="app", taskDefinition=definition(stack.ecs))
        until(lambda: len(stack.service()["deployments"]) == 1 and stack.get().text != before)

    assert load.failures == []


def test_a_broken_deployment_is_rolled_back_while_the_old_tasks_serve(stack: Stack):
    works = stack.service()["taskDefinition"]

    with Load(stack, workers=1) as load:
        broken = definition(stack.ecs, "broken")
        stack.ecs.update_service(cluster="other", service="app", taskDefinition=broken)
        until(lambda: len(stack.stopped()) >= 3)
        until(lambda: stack.service()["taskDefinition"] == works)

    assert load.failures == []
    assert {task["stopCode"] for task in stack.stopped() if task["taskDefinitionArn"] == broken} == {
        "EssentialContainerExited"
    }


def test_a_task_of_its_own_runs_with_overrides_and_reports_its_exit_code(stack: Stack):
    override = {"name": "app", "command": ["job"], "environment": [{"name": "SEED", "value": "7"}]}
    started = stack.ecs.run_task(
        cluster="other",
        taskDefinition="app",
        launchType="FARGATE",
        networkConfiguration=stack.network,
        overrides={"containerOverrides": [override]},
    )["tasks"][0]

    (task,) = until(stack.stopped)

    assert task["taskArn"] == started["taskArn"]
    assert task["containers"][0]["exitCode"] == 3
    stream = f"app/app/{task['taskArn'].rpartition('/')[2]}"
    events = client(stack.settings, "logs").get_log_events(logGroupName="/other", logStreamName=stream)["events"]
    assert [event["message"] for event in events] == ["job: seed 7"]


def test_an_unknown_secret_stops_the_task_and_says_so(stack: Stack):
    stack.ecs.run_task(
        cluster="other",
        taskDefinition=definition(stack.ecs, secrets=[{"name": "SECRET", "valueFrom": "/other/none"}]),
        launchType="FARGATE",
        networkConfiguration=stack.network,
    )

    (task,) = until(stack.stopped)

    assert task["stoppedReason"].startswith("ResourceInitializationError")
    assert task["stopCode"] == "TaskFailedToStart"


def test_a_killed_balancer_comes_back_by_itself(stack: Stack):
    for pid in control.state(stack.settings).proxies:
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)

        assert until(lambda: _answers(stack))


def test_a_killed_daemon_leaves_the_service_answering_and_is_adopted_by_the_next(stack: Stack):
    before = stack.get().text
    proxies = control.state(stack.settings).proxies

    with Load(stack) as load:
        os.kill(control.state(stack.settings).pid, signal.SIGKILL)
        time.sleep(1)
        control.up(stack.settings)
        until(lambda: stack.healthy() == 1)

    assert load.failures == []
    assert (stack.get().text, control.state(stack.settings).proxies) == (before, proxies)
    assert stack.get("/app/identity").text.startswith("arn:aws:sts")


def test_down_stops_everything_and_up_brings_it_back(stack: Stack):
    child = psutil.Process(int(stack.get().text))

    assert control.down(stack.settings)
    assert not child.is_running()
    assert control.state(stack.settings).proxies == ()
    with pytest.raises(httpx.ConnectError):
        stack.get()

    control.up(stack.settings)
    until(lambda: _answers(stack))
    assert stack.service()["desiredCount"] == 1


def test_down_ends_what_a_killed_daemon_left(stack: Stack):
    child = psutil.Process(int(stack.get().text))
    os.kill(control.state(stack.settings).pid, signal.SIGKILL)

    assert control.down(stack.settings)

    until(lambda: not child.is_running())
    assert control.state(stack.settings).proxies == ()


def test_a_deleted_service_s_tasks_are_stopped(stack: Stack):
    child = psutil.Process(int(stack.get().text))

    stack.ecs.delete_service(cluster="other", service="app", force=True)

    until(lambda: not child.is_running())


@pytest.mark.parametrize("setting", ["cloud_port", "balancer_port", "mlflow_port"])
def test_a_second_cloud_is_refused_a_taken_port(cloud: Settings, tmp_path: Path, setting: str):
    free = dict(zip(("cloud_port", "balancer_port", "mlflow_port"), free_ports(3), strict=True))
    other = cloud.model_copy(update={"root": tmp_path / "other", **free, setting: cloud.cloud_port})
    other.root.mkdir()

    with pytest.raises(LabError, match=f"Port {cloud.cloud_port} is already in use.*LAB_{setting.upper()}"):
        control.up(other)


def test_up_twice_is_up_once(cloud: Settings):
    assert control.up(cloud) is False


def _answers(stack: Stack) -> bool:
    try:
        return stack.get().is_success
    except httpx.HTTPError:
        return False
