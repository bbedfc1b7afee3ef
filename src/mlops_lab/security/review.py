"""Least privilege, proven: what every role called beside what it may, and the reason for a grant that is not used."""

import json
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path

from mlops_lab.catalog import Paths
from mlops_lab.errors import LabError
from mlops_lab.security.calls import Called, calls
from mlops_lab.security.policies import Grant, Role, roles
from mlops_lab.settings import Settings

# CloudTrail has no event for it: whoever does these passes a role.
IMPLIED = {"iam:PassRole": ("ecs:RunTask", "ecs:RegisterTaskDefinition", "scheduler:CreateSchedule")}


@dataclass(frozen=True)
class Justification:
    """Why grants are as they are: for roles and resources by pattern, and for actions by name."""

    role: str
    actions: tuple[str, ...]
    reason: str
    resource: str = "*"

    def covers(self, grant: Grant) -> bool:
        """Whether it is about a grant."""
        return (
            grant.action in self.actions
            and fnmatchcase(grant.role, self.role)
            and (self.resource == "*" or fnmatchcase(grant.resource, self.resource))
        )


@dataclass(frozen=True)
class Reviewed:
    """A grant with its calls, and the reason where it needs one."""

    role: str
    action: str
    resource: str
    wildcard: bool
    calls: int
    reason: str


@dataclass(frozen=True)
class Review:
    """Grants, calls by role, and what is wrong: nothing where the roles have the least privilege."""

    at: datetime
    grants: tuple[Reviewed, ...]
    refused: tuple[str, ...]
    findings: tuple[str, ...]

    @property
    def used(self) -> int:
        """Grants that were used."""
        return sum(each.calls > 0 for each in self.grants)

    def by_role(self) -> Iterator[tuple[str, list[Reviewed]]]:
        """Yield each role with its grants."""
        for role, found in groupby(self.grants, key=lambda each: each.role):
            yield role, list(found)


def make(settings: Settings) -> Review:
    """Review what the target says of roles and calls, and keep the review.

    Raises:
        LabError: The target does not answer, has none of the lab's roles, or the justifications cannot be read.
    """
    found = roles(settings)
    if not found:
        raise LabError("No role of the lab exists; run `make apply` first.")
    review = compare(found, calls(settings), justifications(settings.root))
    path = kept(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(asdict(review), indent=2, default=datetime.isoformat) + "\n")
    return review


def read(settings: Settings) -> Review:
    """Return the latest review.

    Raises:
        LabError: There is none.
    """
    try:
        found = json.loads(kept(settings).read_text())
    except (OSError, ValueError):
        raise LabError(f"{kept(settings)} cannot be read; run `make iam-review`.") from None
    grants = tuple(Reviewed(**each) for each in found["grants"])
    return Review(datetime.fromisoformat(found["at"]), grants, tuple(found["refused"]), tuple(found["findings"]))


def kept(settings: Settings) -> Path:
    """Where the latest review is."""
    return settings.state_dir / "security" / "iam-review.json"


def justifications(root: Path) -> tuple[Justification, ...]:
    """Return the reasons that ``infra/privileges.toml`` gives.

    Raises:
        LabError: The file cannot be read, or a reason is missing.
    """
    path = Paths(root, root).infra / "privileges.toml"
    try:
        found = tomllib.loads(path.read_text())["justification"]
        return tuple(
            Justification(each["role"], tuple(each["actions"]), each["reason"], each.get("resource", "*"))
            for each in found
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LabError(f"{path} cannot be read ({error!r}); each justification has role, actions and reason.") from None


def compare(found: Sequence[Role], seen: Sequence[Called], reasons: Sequence[Justification]) -> Review:
    """Hold grants against calls. Pure."""
    grants = [grant for role in found for grant in role.grants]
    reviewed = tuple(_reviewed(grant, seen, reasons) for grant in grants)
    refused = tuple(f"{each.role}: {each.action} on {each.resource}, {each.calls} times" for each in _refused(seen))
    findings = (
        *_unjustified(reviewed),
        *_confused(found),
        *_stale(grants, reasons),
        *(f"refused: {each}" for each in refused),
    )
    return Review(datetime.now(UTC), reviewed, refused, findings)


def _refused(seen: Sequence[Called]) -> Iterator[Called]:
    """Yield what was refused and has not been allowed since: an action granted later is no finding for ever."""
    for each in seen:
        same = (other for other in seen if (other.role, other.action) == (each.role, each.action) and not other.refused)
        if each.refused and not any(other.last > each.last for other in same):
            yield each


def _reviewed(grant: Grant, seen: Iterable[Called], reasons: Iterable[Justification]) -> Reviewed:
    own = [each for each in seen if each.role == grant.role and not each.refused]
    count = sum(each.calls for each in own if grant.allows(each.action, each.resource))
    if not count:
        count = sum(each.calls for each in own if each.action in IMPLIED.get(grant.action, ()))
    reason = next((each.reason for each in reasons if each.covers(grant)), "")
    return Reviewed(grant.role, grant.action, grant.resource, grant.wildcard, count, reason)


def _unjustified(reviewed: Iterable[Reviewed]) -> Iterator[str]:
    for each in reviewed:
        if each.reason:
            continue
        if not each.calls:
            yield f"unused: {each.role} may {each.action} on {each.resource}"
        if each.wildcard:
            yield f"wildcard: {each.role} may {each.action} on {each.resource}"


def _confused(found: Iterable[Role]) -> Iterator[str]:
    for role in found:
        for deputy in role.deputies:
            yield f"confused deputy: {deputy} may take {role.name} for anybody"


def _stale(grants: Sequence[Grant], reasons: Iterable[Justification]) -> Iterator[str]:
    for reason in reasons:
        known = {grant.action for grant in grants if reason.covers(grant)}
        for action in (each for each in reason.actions if each not in known):
            yield f"stale: a reason is given for {action} of {reason.role}, which no role has"
