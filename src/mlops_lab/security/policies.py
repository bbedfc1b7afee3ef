"""What the lab's roles may do: their grants, one action on one pattern of resources each, and who may take them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from mlops_lab import catalog
from mlops_lab.cloud.session import client, explained
from mlops_lab.settings import Settings

Json = Mapping[str, Any]

# A service that takes a role for anybody is a confused deputy; these keys say for whom it may.
OWNERS = ("aws:sourceaccount", "aws:sourcearn")


@dataclass(frozen=True)
class Grant:
    """An action that a role's policy allows, on a pattern of resources."""

    role: str
    action: str
    resource: str

    @property
    def wildcard(self) -> bool:
        """Whether it is any action of a kind, or any resource at all."""
        return "*" in self.action or "?" in self.action or self.resource == "*"

    def allows(self, action: str, resource: str) -> bool:
        """Whether a call falls under it; conditions are not looked at."""
        return matches(self.action.lower(), action.lower()) and matches(self.resource, resource)


@dataclass(frozen=True)
class Role:
    """A role: its grants, and the principals that may take it without saying for whom."""

    name: str
    grants: tuple[Grant, ...]
    deputies: tuple[str, ...]


def roles(settings: Settings) -> tuple[Role, ...]:
    """Ask IAM for every role of the lab.

    Raises:
        LabError: The target does not answer.
    """
    with explained(settings):
        iam = client(settings, "iam")
        pages = iam.get_paginator("list_roles").paginate()
        found = [each for page in pages for each in page["Roles"] if each["RoleName"].startswith(f"{catalog.NAME}-")]
        return tuple(
            Role(
                each["RoleName"],
                tuple(granted(each["RoleName"], _documents(iam, each["RoleName"]))),
                tuple(confused(each["AssumeRolePolicyDocument"])),
            )
            for each in sorted(found, key=lambda role: str(role["RoleName"]))
        )


def granted(role: str, documents: Sequence[Json]) -> Iterator[Grant]:
    """Yield what policies allow. Pure."""
    seen = set()
    for statement in (each for document in documents for each in listed(document["Statement"])):
        if statement["Effect"] != "Allow":
            continue
        actions = listed(statement["Action"]) if "Action" in statement else ["*"]
        for action in actions:
            for resource in listed(statement.get("Resource", "*")):
                grant = Grant(role, action, resource)
                if grant not in seen:
                    seen.add(grant)
                    yield grant


def confused(trust: Json) -> Iterator[str]:
    """Yield the principals of a trust policy that no condition binds to an account or a resource. Pure."""
    for statement in listed(trust["Statement"]):
        keys = {key.lower() for keys in statement.get("Condition", {}).values() for key in keys}
        principal = statement["Principal"]
        for kind, names in principal.items() if isinstance(principal, Mapping) else [("AWS", principal)]:
            for name in listed(names):
                if not _bound(kind, name, keys):
                    yield name


def listed(value: Any) -> list[Any]:
    """Return a policy's element as the list that it may be written as. Pure."""
    return value if isinstance(value, list) else [value]


def matches(pattern: str, value: str) -> bool:
    """Whether a pattern of a policy, with ``*`` and ``?``, names a value. Pure."""
    return fnmatchcase(value, pattern.replace("[", "[[]"))


def _bound(kind: str, name: str, keys: set[str]) -> bool:
    if kind == "Service":
        return any(owner in keys for owner in OWNERS)
    if kind == "Federated":
        return {"aud", "sub"} <= {key.rpartition(":")[2] for key in keys}
    return name != "*"


def _documents(iam: Any, role: str) -> list[Json]:
    inline = iam.list_role_policies(RoleName=role)["PolicyNames"]
    documents = [iam.get_role_policy(RoleName=role, PolicyName=each)["PolicyDocument"] for each in inline]
    for each in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
        version = iam.get_policy(PolicyArn=each["PolicyArn"])["Policy"]["DefaultVersionId"]
        found = iam.get_policy_version(PolicyArn=each["PolicyArn"], VersionId=version)
        documents.append(found["PolicyVersion"]["Document"])
    return documents
