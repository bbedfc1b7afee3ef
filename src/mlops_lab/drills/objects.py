"""Failures of what lies in AWS: parameters, policies, objects, bounds, locks; each undone when its context ends."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

from botocore.exceptions import ClientError

from mlops_lab import catalog
from mlops_lab.cloud import api
from mlops_lab.cloud.session import account, as_role, client
from mlops_lab.delivery.canary.deadline import Deadline
from mlops_lab.delivery.canary.traffic_split import TrafficSplit
from mlops_lab.drills.drill import Scene
from mlops_lab.drills.injections import PROJECT, command_killed, run, wait
from mlops_lab.registry.tracking import CHAMPION, Registry
from mlops_lab.settings import Settings

TASK_ROLE = f"{catalog.NAME}-{PROJECT}-task"
EXECUTION_ROLE = f"{catalog.NAME}-execution"


@contextmanager
def key_leaked(settings: Settings) -> Iterator[Scene]:
    """Write the API key into a log, in a stream of its own that goes at the end."""
    logs, group, stream = client(settings, "logs"), catalog.log_group(PROJECT), "drill/secret-leaked"
    logs.create_log_stream(logGroupName=group, logStreamName=stream)
    line = {"timestamp": int(time.time() * 1000), "message": f"a careless line with {api.api_key(settings)}"}
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[line])
    try:
        yield Scene()
    finally:
        logs.delete_log_stream(logGroupName=group, logStreamName=stream)


@contextmanager
def parameter_deleted(settings: Settings) -> Iterator[Scene]:
    """Delete the API key's parameter; it is put back if nobody has."""
    ssm, name = client(settings, "ssm"), catalog.API_KEY_PARAMETER
    value = ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
    ssm.delete_parameter(Name=name)
    try:
        yield Scene()
    finally:
        if not ssm.get_parameters(Names=[name])["Parameters"]:
            ssm.put_parameter(Name=name, Value=value, Type="SecureString")


@contextmanager
def policy_changed(settings: Settings, role: str, policy: str, action: str) -> Iterator[Scene]:
    """Let a role's policy grant one more action."""
    iam = client(settings, "iam")
    before = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    more = {"Sid": "Drill", "Effect": "Allow", "Action": action, "Resource": f"arn:aws:s3:::{catalog.NAME}-drill"}
    changed = json.dumps({**before, "Statement": [*before["Statement"], more]})
    iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=changed)
    try:
        yield Scene()
    finally:
        iam.put_role_policy(RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(before))


@contextmanager
def grant_added(settings: Settings) -> Iterator[Scene]:
    """Let the serving tasks' role delete a bucket, which nothing needs."""
    with policy_changed(settings, TASK_ROLE, "serve", "s3:DeleteBucket") as scene:
        yield scene


@contextmanager
def policy_taken(settings: Settings) -> Iterator[Scene]:
    """Take the policy of the serving tasks' role away; Terraform's is put back at the end."""
    iam = client(settings, "iam")
    before = iam.get_role_policy(RoleName=TASK_ROLE, PolicyName="serve")["PolicyDocument"]
    iam.delete_role_policy(RoleName=TASK_ROLE, PolicyName="serve")
    try:
        yield Scene()
    finally:
        iam.put_role_policy(RoleName=TASK_ROLE, PolicyName="serve", PolicyDocument=json.dumps(before))


@contextmanager
def bound_lowered(settings: Settings) -> Iterator[Scene]:
    """Let autoscaling have at most one task."""
    scaling = client(settings, "application-autoscaling")
    resource = f"service/{catalog.CLUSTER}/{catalog.service(PROJECT)}"
    place = {"ServiceNamespace": "ecs", "ScalableDimension": "ecs:service:DesiredCount"}
    (found,) = scaling.describe_scalable_targets(ResourceIds=[resource], **place)["ScalableTargets"]
    bounds = {key: found[key] for key in ("MinCapacity", "MaxCapacity")}
    scaling.register_scalable_target(ResourceId=resource, **place, **(bounds | {"MaxCapacity": bounds["MinCapacity"]}))
    try:
        yield Scene()
    finally:
        scaling.register_scalable_target(ResourceId=resource, **place, **bounds)


@contextmanager
def bundle_deleted(settings: Settings) -> Iterator[Scene]:
    """Delete a file of the champion's bundle; its version is uncovered again, and the alias goes back."""
    registry, s3 = Registry(settings, PROJECT), client(settings, "s3")
    champion = registry.aliased(CHAMPION)
    assert champion is not None
    other = next(each.version for each in registry.versions() if each.version != champion.version)
    bucket = catalog.models_bucket(account(settings))
    prefix = catalog.bundle_prefix(PROJECT, champion.version)
    key = next(each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"])
    marker = s3.delete_object(Bucket=bucket, Key=key)["VersionId"]
    try:
        yield Scene(names={"VERSION=1": f"VERSION={other}"})
    finally:
        s3.delete_object(Bucket=bucket, Key=key, VersionId=marker)
        registry.point({CHAMPION: champion.version})


@contextmanager
def state_locked(settings: Settings) -> Iterator[Scene]:
    """Lock Terraform's state as a run would that was killed."""
    s3, bucket, key = client(settings, "s3"), catalog.state_bucket(account(settings)), f"{catalog.STATE_KEY}.tflock"
    lock = {"ID": "00000000-0000-0000-0000-000000000000", "Operation": "drill", "Who": "drill", "Version": "1"}
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(lock | {"Created": datetime.now(UTC).isoformat()}).encode())
    try:
        yield Scene()
    finally:
        s3.delete_object(Bucket=bucket, Key=key)


@contextmanager
def canary_left_open(settings: Settings) -> Iterator[Scene]:
    """Kill a canary's controller when the canary has requests."""
    split = TrafficSplit(client(settings, "elbv2"), PROJECT)
    canary = ["canary", PROJECT, "--load", "20", "--rehearse"]
    try:
        with command_killed(settings, canary, lambda: split.read() > 0) as scene:
            yield scene
    finally:
        run(settings, ["rollback", PROJECT, "--why", "end-of-drill"], {})  # refused where nothing is open


@contextmanager
def deadline_passed(settings: Settings) -> Iterator[Scene]:
    """Kill a canary's controller and let its deadline fall due."""
    with canary_left_open(settings) as scene:
        split = TrafficSplit(client(settings, "elbv2"), PROJECT)
        deadline = Deadline(client(settings, "scheduler"), client(settings, "iam"), PROJECT, split)
        deadline.arm(datetime.now(UTC) + timedelta(seconds=5))
        wait(lambda: split.read() == 0, "the deadline has given stable all requests")
        yield scene


@contextmanager
def call_refused(settings: Settings) -> Iterator[Scene]:
    """Let the role that starts serving tasks ask for a parameter that is not theirs."""
    ssm = as_role(settings, EXECUTION_ROLE, "drill")("ssm")
    with suppress(ClientError):
        ssm.get_parameters(Names=[catalog.TRACKING_URI_PARAMETER])
    yield Scene()


def call_allowed(settings: Settings) -> None:
    """Let the same role make the same call on what is its own."""
    as_role(settings, EXECUTION_ROLE, "drill")("ssm").get_parameters(Names=[catalog.API_KEY_PARAMETER])


def lock_removed(settings: Settings) -> None:
    """Remove the state's lock, as the entry's command does."""
    key = f"{catalog.STATE_KEY}.tflock"
    client(settings, "s3").delete_object(Bucket=catalog.state_bucket(account(settings)), Key=key)
