"""What was acknowledged is there after the end of the process, with the same ids, however it ended."""

import hashlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

SIZES = (10, 5_000_000)


def build(plane: Any) -> None:
    """Create something in each service that the lab uses."""
    network = plane.network()
    elbv2 = plane.client("elbv2")
    balancer = elbv2.create_load_balancer(Name="lb", Subnets=network["subnets"], SecurityGroups=[network["group"]])
    target = elbv2.create_target_group(Name="tg", Protocol="HTTP", Port=80, VpcId=network["vpc"], TargetType="ip")
    group = target["TargetGroups"][0]["TargetGroupArn"]
    elbv2.create_listener(
        LoadBalancerArn=balancer["LoadBalancers"][0]["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    elbv2.register_targets(TargetGroupArn=group, Targets=[{"Id": "127.0.0.1", "Port": 8001}])
    _build_storage(plane)
    _build_identity(plane)
    _build_tasks(plane, network)
    _build_observability(plane)


def _build_storage(plane: Any) -> None:
    plane.client("ssm").put_parameter(Name="/lab/secret", Value="s3cret", Type="SecureString")
    s3 = plane.client("s3")
    s3.create_bucket(Bucket="models")
    s3.put_bucket_versioning(Bucket="models", VersioningConfiguration={"Status": "Enabled"})
    for size in SIZES:
        s3.put_object(Bucket="models", Key="model", Body=b"m" * size, Metadata={"size_in_bytes": str(size)})
    s3.create_bucket(Bucket="plain")
    s3.put_object(Bucket="plain", Key="gone", Body=b"x")
    s3.delete_object(Bucket="plain", Key="gone")
    upload = s3.create_multipart_upload(Bucket="plain", Key="parts")["UploadId"]
    part = {"Bucket": "plain", "Key": "parts", "UploadId": upload}
    etag = s3.upload_part(**part, PartNumber=1, Body=b"p" * 100_000)["ETag"]
    s3.complete_multipart_upload(**part, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    ecr = plane.client("ecr")
    ecr.create_repository(repositoryName="app", imageTagMutability="IMMUTABLE")
    ecr.put_image(repositoryName="app", imageTag="v1", imageManifest=json.dumps(MANIFEST))
    plane.client("glue").create_database(DatabaseInput={"Name": "predictions"})


MANIFEST = {
    "schemaVersion": 2,
    "mediaType": "application/vnd.oci.image.manifest.v1+json",
    "artifactType": "application/vnd.lab.application.v1",
    "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": "sha256:" + 64 * "a", "size": 2},
    "layers": [{"mediaType": "application/gzip", "digest": "sha256:" + 64 * "b", "size": 1000}],
}


def _build_identity(plane: Any) -> None:
    iam = plane.client("iam")
    iam.create_role(RoleName="task", AssumeRolePolicyDocument='{"Version":"2012-10-17","Statement":[]}')
    policy = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
    iam.attach_role_policy(RoleName="task", PolicyArn=policy)
    iam.create_user(UserName="ci")
    iam.create_access_key(UserName="ci")


def _build_tasks(plane: Any, network: dict[str, Any]) -> None:
    ecs = plane.client("ecs")
    ecs.create_cluster(clusterName="lab")
    ecs.register_task_definition(
        family="app",
        requiresCompatibilities=["FARGATE"],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": "app:v1"}],
    )
    vpc = {"awsvpcConfiguration": {"subnets": network["subnets"], "securityGroups": [network["group"]]}}
    common = {"cluster": "lab", "taskDefinition": "app", "launchType": "FARGATE", "networkConfiguration": vpc}
    ecs.create_service(**common, serviceName="app", desiredCount=1)
    ecs.run_task(**common, group="service:app")


def _build_observability(plane: Any) -> None:
    logs = plane.client("logs")
    logs.create_log_group(logGroupName="/lab")
    logs.create_log_stream(logGroupName="/lab", logStreamName="app")
    now = int(time.time() * 1000)
    logs.put_log_events(logGroupName="/lab", logStreamName="app", logEvents=[{"timestamp": now, "message": "started"}])
    cloudwatch = plane.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="Lab", MetricData=[{"MetricName": "Requests", "Value": 3}])
    plane.client("budgets").create_budget(
        AccountId="123456789012",
        Budget={
            "BudgetName": "lab",
            "BudgetLimit": {"Amount": "20", "Unit": "USD"},
            "TimeUnit": "MONTHLY",
            "BudgetType": "COST",
        },
    )
    plane.client("kms").create_key(Description="key")


def picture(plane: Any) -> str:
    """Describe everything that `build` created, ids and times included."""
    ecs, elbv2, iam, s3 = (plane.client(name) for name in ("ecs", "elbv2", "iam", "s3"))
    ec2, logs, ssm = (plane.client(name) for name in ("ec2", "logs", "ssm"))
    group = elbv2.describe_target_groups()["TargetGroups"][0]
    versions = s3.list_object_versions(Bucket="models")["Versions"]
    described = [
        ec2.describe_vpcs()["Vpcs"],
        ec2.describe_subnets()["Subnets"],
        ec2.describe_security_groups()["SecurityGroups"],
        ec2.describe_network_interfaces()["NetworkInterfaces"],
        elbv2.describe_load_balancers()["LoadBalancers"],
        group,
        elbv2.describe_target_health(TargetGroupArn=group["TargetGroupArn"])["TargetHealthDescriptions"],
        ssm.get_parameter(Name="/lab/secret", WithDecryption=True)["Parameter"],
        versions,
        [_object(s3, version["VersionId"]) for version in versions],
        s3.get_object(Bucket="plain", Key="parts")["Body"].read(),
        s3.list_objects_v2(Bucket="plain")["Contents"],
        iam.list_roles()["Roles"],
        iam.list_attached_role_policies(RoleName="task")["AttachedPolicies"],
        [key["AccessKeyId"] for key in iam.list_access_keys(UserName="ci")["AccessKeyMetadata"]],
        ecs.describe_services(cluster="lab", services=["app"])["services"],
        ecs.describe_tasks(cluster="lab", tasks=ecs.list_tasks(cluster="lab")["taskArns"])["tasks"],
        plane.client("ecr").describe_images(repositoryName="app")["imageDetails"],
        logs.get_log_events(logGroupName="/lab", logStreamName="app")["events"],
        plane.client("glue").get_databases()["DatabaseList"],
        plane.client("budgets").describe_budgets(AccountId="123456789012")["Budgets"],
        [key["KeyId"] for key in plane.client("kms").list_keys()["Keys"]],
    ]
    return json.dumps(described, default=str, indent=1)


def _object(s3: Any, version: str) -> tuple[str, dict[str, str]]:
    answer = s3.get_object(Bucket="models", Key="model", VersionId=version)
    return hashlib.sha256(answer["Body"].read()).hexdigest(), answer["Metadata"]


def look(plane: Any) -> None:
    """Read from services before anything is in them: moto sets each up when it is first asked."""
    plane.client("ec2").describe_vpcs()
    plane.client("ecs").list_clusters()
    plane.client("elbv2").describe_load_balancers()
    plane.client("iam").list_roles()
    plane.client("kms").list_keys()


def test_everything_is_there_after_a_kill_with_the_same_ids_and_times(plane: Any) -> None:
    look(plane)
    build(plane)
    before = picture(plane)

    plane.kill().start()

    assert picture(plane) == before


def test_everything_is_there_after_a_stop_and_after_a_kill_of_what_was_restored(plane: Any) -> None:
    build(plane)
    before = picture(plane)

    plane.stop().start()
    after_stop = picture(plane)
    plane.client("ssm").put_parameter(Name="/later", Value="x", Type="String")
    plane.kill().start()

    assert list(plane.state.glob("snapshot.*"))
    assert after_stop == before
    assert picture(plane) == before
    assert plane.client("ssm").get_parameter(Name="/later")["Parameter"]["Value"] == "x"


def test_a_large_object_is_written_once_however_many_snapshots_there_are(plane: Any) -> None:
    build(plane)
    plane.stop().start()
    large = {path.name: path.stat().st_mtime_ns for path in (plane.state / "blobs").iterdir()}

    plane.client("ssm").put_parameter(Name="/later", Value="x", Type="String")
    plane.stop()

    assert {path.name: path.stat().st_mtime_ns for path in (plane.state / "blobs").iterdir()} == large
    assert sum(path.stat().st_size for path in plane.state.glob("snapshot.*")) < max(SIZES)


def test_a_deleted_large_object_frees_its_disk(plane: Any) -> None:
    s3 = plane.client("s3")
    s3.create_bucket(Bucket="large")
    s3.put_object(Bucket="large", Key="k", Body=b"k" * 100_000)
    plane.stop().start()
    s3 = plane.client("s3")

    s3.delete_object(Bucket="large", Key="k")
    plane.stop()

    assert not list((plane.state / "blobs").iterdir())


def test_credentials_of_an_assumed_role_are_known_after_a_kill(plane: Any) -> None:
    trust = '{"Version":"2012-10-17","Statement":[]}'
    role = plane.client("iam").create_role(RoleName="task", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    keys = plane.client("sts").assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]

    plane.kill().start()
    identity = plane.client("sts", keys["AccessKeyId"], keys["SessionToken"]).get_caller_identity()

    assert identity["Arn"] == "arn:aws:sts::123456789012:assumed-role/task/session"


def burst(plane: Any, acknowledged: set[str], stop: threading.Event, name: str) -> None:
    """Write parameters and objects until the plane is gone, and note each write that it acknowledged."""
    ssm, s3 = plane.client("ssm"), plane.client("s3")
    number = 0
    while not stop.is_set():
        key = f"{name}-{number}"
        try:
            ssm.put_parameter(Name=f"/{key}", Value=key, Type="String")
            acknowledged.add(f"/{key}")
            s3.put_object(Bucket="burst", Key=key, Body=key.encode() * (20_000 if number % 5 == 0 else 1))
            acknowledged.add(key)
        except (BotoCoreError, ClientError):
            return
        number += 1


@pytest.mark.parametrize("records", ["2000", "15"], ids=["journal only", "while snapshots are written"])
def test_a_kill_in_a_burst_of_writes_loses_none_that_was_acknowledged(idle_plane: Any, records: str) -> None:
    plane = idle_plane.start("--records", records)
    plane.client("s3").create_bucket(Bucket="burst")
    acknowledged: set[str] = set()
    for turn in range(3):
        stop = threading.Event()
        writers = [threading.Thread(target=burst, args=(plane, acknowledged, stop, f"{turn}-{n}")) for n in range(4)]
        for writer in writers:
            writer.start()

        enough = len(acknowledged) + 60 + 7 * turn
        wait_for(lambda enough=enough: len(acknowledged) >= enough)
        plane.kill()
        stop.set()
        for writer in writers:
            writer.join()
        plane.start("--records", records)

    assert acknowledged <= parameters(plane) | objects(plane)


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited for a minute"
        time.sleep(0.005)


def parameters(plane: Any) -> set[str]:
    pages = plane.client("ssm").get_paginator("describe_parameters").paginate()
    return {parameter["Name"] for page in pages for parameter in page["Parameters"]}


def objects(plane: Any) -> set[str]:
    pages = plane.client("s3").get_paginator("list_objects_v2").paginate(Bucket="burst")
    return {item["Key"] for page in pages for item in page.get("Contents", [])}


def test_a_taken_port_is_one_line_that_names_the_setting(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]

        result = run_plane(tmp_path / "state", port)

    assert result.returncode == 1
    assert f"port {port} of the embedded cloud is in use" in result.stderr
    assert "LAB_CLOUD_PORT" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_state_of_another_moto_is_one_line_that_says_what_to_install(plane: Any) -> None:
    plane.client("ssm").put_parameter(Name="/p", Value="x", Type="String")
    plane.stop()
    (snapshot,) = plane.state.glob("snapshot.*")
    snapshot.write_bytes(snapshot.read_bytes().replace(b'"moto": "', b'"moto": "1.', 1))

    result = run_plane(plane.state, 0)

    assert result.returncode == 1
    assert "install moto==1." in result.stderr
    assert "Traceback" not in result.stderr


def run_plane(state: Path, port: int) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mlops_lab.localcloud.plane", "--state-dir", str(state), "--port", str(port)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
