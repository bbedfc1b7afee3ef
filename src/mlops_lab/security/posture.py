"""What the target's APIs say of its protection: TLS-only buckets, and who reaches tasks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlops_lab import catalog
from mlops_lab.cloud.session import account, client, explained
from mlops_lab.security.policies import listed
from mlops_lab.settings import Settings

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Posture:
    """Buckets and whether each refuses plain HTTP; security groups that reach tasks."""

    buckets: Mapping[str, bool]
    callers: tuple[str, ...]  # names of groups, or address ranges


def look(settings: Settings) -> Posture:
    """Ask S3 and EC2.

    Raises:
        LabError: The target does not answer, or nothing is applied.
    """
    with explained(settings):
        number, s3 = account(settings), client(settings, "s3")
        names = [each(number) for each in (catalog.state_bucket, catalog.models_bucket, catalog.predictions_bucket)]
        buckets = {name: tls_only(json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]), name) for name in names}
        return Posture(buckets, _callers(client(settings, "ec2")))


def tls_only(policy: Json, bucket: str) -> bool:
    """Whether a bucket's policy refuses everybody every action without TLS, on it and on its objects. Pure."""
    return any(
        each["Effect"] == "Deny"
        and each["Principal"] in ("*", {"AWS": "*"})
        and each["Action"] in ("s3:*", ["s3:*"])
        and each.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        and {resource.partition(":::")[2] for resource in listed(each["Resource"])} >= {bucket, f"{bucket}/*"}
        for each in policy["Statement"]
    )


def _callers(ec2: Any) -> tuple[str, ...]:
    tagged = [{"Name": f"tag:{key}", "Values": [value]} for key, value in catalog.TAGS.items()]
    groups = {each["GroupId"]: each for each in ec2.describe_security_groups(Filters=tagged)["SecurityGroups"]}
    task = next(each for each in groups.values() if each["GroupName"] == f"{catalog.NAME}-task")
    rules = task["IpPermissions"]
    pairs = {pair["GroupId"] for rule in rules for pair in rule["UserIdGroupPairs"]}
    ranges = {each["CidrIp"] for rule in rules for each in rule["IpRanges"]}
    ranges |= {each["CidrIpv6"] for rule in rules for each in rule["Ipv6Ranges"]}
    return tuple(sorted({groups[each]["GroupName"] if each in groups else each for each in pairs} | ranges))
