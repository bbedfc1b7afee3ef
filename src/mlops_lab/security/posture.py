"""What the target's APIs say of its protection: TLS-only buckets, who reaches tasks, what roles may do."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlops_lab import catalog
from mlops_lab.cloud.session import account, client, explained
from mlops_lab.settings import Settings

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Grants:
    """What a role's own policies allow: actions, those with a wildcard, statements on every resource."""

    role: str
    actions: tuple[str, ...]
    wildcard_actions: tuple[str, ...]
    on_everything: tuple[str, ...]  # actions whose resource is *


@dataclass(frozen=True)
class Posture:
    """Buckets and whether each refuses plain HTTP; security groups that reach tasks; grants by role."""

    buckets: Mapping[str, bool]
    callers: tuple[str, ...]  # names of groups, or address ranges
    grants: tuple[Grants, ...]


def look(settings: Settings) -> Posture:
    """Ask S3, EC2 and IAM.

    Raises:
        LabError: The target does not answer, or nothing is applied.
    """
    with explained(settings):
        number, s3 = account(settings), client(settings, "s3")
        names = [each(number) for each in (catalog.state_bucket, catalog.models_bucket, catalog.predictions_bucket)]
        buckets = {name: tls_only(json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]), name) for name in names}
        return Posture(buckets, _callers(client(settings, "ec2")), _grants(client(settings, "iam")))


def tls_only(policy: Json, bucket: str) -> bool:
    """Whether a bucket's policy refuses everybody every action without TLS, on it and on its objects. Pure."""
    return any(
        each["Effect"] == "Deny"
        and each["Principal"] in ("*", {"AWS": "*"})
        and each["Action"] in ("s3:*", ["s3:*"])
        and each.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        and {resource.partition(":::")[2] for resource in _listed(each["Resource"])} >= {bucket, f"{bucket}/*"}
        for each in policy["Statement"]
    )


def granted(role: str, documents: Sequence[Json]) -> Grants:
    """Sum up what policies allow. Pure."""
    allowed = [each for document in documents for each in _listed(document["Statement"]) if each["Effect"] == "Allow"]
    actions = sorted({action for each in allowed for action in _listed(each.get("Action", []))})
    everywhere = {
        action for each in allowed if "*" in _listed(each.get("Resource", [])) for action in _listed(each["Action"])
    }
    return Grants(role, tuple(actions), tuple(each for each in actions if "*" in each), tuple(sorted(everywhere)))


def _callers(ec2: Any) -> tuple[str, ...]:
    tagged = [{"Name": f"tag:{key}", "Values": [value]} for key, value in catalog.TAGS.items()]
    groups = {each["GroupId"]: each for each in ec2.describe_security_groups(Filters=tagged)["SecurityGroups"]}
    task = next(each for each in groups.values() if each["GroupName"] == f"{catalog.NAME}-task")
    rules = task["IpPermissions"]
    pairs = {pair["GroupId"] for rule in rules for pair in rule["UserIdGroupPairs"]}
    ranges = {each["CidrIp"] for rule in rules for each in rule["IpRanges"]}
    ranges |= {each["CidrIpv6"] for rule in rules for each in rule["Ipv6Ranges"]}
    return tuple(sorted({groups[each]["GroupName"] if each in groups else each for each in pairs} | ranges))


def _grants(iam: Any) -> tuple[Grants, ...]:
    pages = iam.get_paginator("list_roles").paginate()
    names = sorted(each["RoleName"] for page in pages for each in page["Roles"])
    found = []
    for name in (each for each in names if each.startswith(f"{catalog.NAME}-")):
        policies = iam.list_role_policies(RoleName=name)["PolicyNames"]
        documents = [iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"] for each in policies]
        found.append(granted(name, documents))
    return tuple(found)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
