"""What is known of a canary outside its controller: one object in S3 that only one controller at a time can write."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from botocore.exceptions import ClientError

from mlops_lab import catalog, projects
from mlops_lab.cloud.session import account, client, explained
from mlops_lab.errors import LabError
from mlops_lab.pipeline.canary import Counts, Decision
from mlops_lab.settings import Settings

Phase = Literal["releasing", "shifting", "promoting", "reverting", "promoted", "rolled back"]
PASSED = "every step has passed"
CLOSED: tuple[Phase, ...] = ("promoted", "rolled back")
TAKEN = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")  # another controller was faster


class LostError(LabError):
    """Another controller has taken the canary over."""


@dataclass(frozen=True)
class Event:
    """Something that was done, or happened."""

    at: str  # ISO 8601, UTC
    what: str
    weight: int  # per cent of the requests that the canary has from now on


@dataclass(frozen=True)
class Look:
    """One judgement of a step."""

    at: str
    step: int
    weight: int
    settled: tuple[int, int]  # requests that stable and the canary took in whole periods of the step
    stable: Counts  # that was judged
    canary: Counts
    verdict: Decision
    reasons: tuple[str, ...]
    figures: Mapping[str, float]

    @property
    def share(self) -> float | None:
        """The canary's measured share of the requests; None: no whole period has any."""
        return self.settled[1] / sum(self.settled) if any(self.settled) else None


@dataclass(frozen=True)
class Loss:
    """What the canary's own load saw while the canary had weight."""

    offered: int  # requests
    failed: int
    bound: int  # of the requests that met the canary, at 99.9 %: as many can have failed by it
    answers: Mapping[int, Mapping[str, int]]  # weight -> model version -> answers of seconds in which it held


@dataclass(frozen=True)
class Failures:
    """What clients lost while the canary had weight."""

    clients: Loss | None  # None: the load was not the canary's own
    target: int  # 5xx of the canary's tasks, by CloudWatch
    balancer: int  # 5xx of the balancer itself


@dataclass(frozen=True)
class Canary:
    """A canary, open or closed."""

    project: str
    version: str
    stable_version: str
    plan: tuple[int, ...]  # per cent of the requests, step by step
    seconds: float  # of a step, at least
    who: str
    why: str
    fault: str  # that was put into it on purpose; "": none
    rehearsal: bool  # it is rolled back at the end, however good
    image: str  # of the release, by digest
    bundle_uri: str
    bundle_sha256: str
    stable_definition: str  # ARN of the task definition that stable goes back to
    opened: str
    owner: str = ""  # controller
    beat: str = ""  # when it was last alive
    deadline: str = ""  # at which stable gets all weight, whatever becomes of the controller
    phase: Phase = "releasing"
    step: int = 0
    weight: int = 0  # that the controller has given the canary
    slow: float | None = None  # seconds from which a request counts as slow
    done: tuple[str, ...] = ()  # parts of the promotion
    reason: str = ""  # of a rollback
    events: tuple[Event, ...] = ()
    looks: tuple[Look, ...] = ()
    failures: Failures | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is left to do."""
        return self.phase not in CLOSED

    @property
    def succeeded(self) -> bool:
        """Whether it ended as it was meant to: promoted, or a rehearsal that passed every step."""
        return self.phase == "promoted" or (self.rehearsal and self.reason == f"rehearsal: {PASSED}")

    @property
    def unnoticed(self) -> str:
        """The reason with which a bad canary is rolled back that passed every step."""
        return f"the fault {self.fault} was not noticed in {len(self.plan)} steps"

    @property
    def seconds_to_rollback(self) -> float | None:
        """Seconds from the canary's first weight, or its opening, until stable had all; None: not rolled back."""
        ends = [each.at for each in self.events if each.what.startswith("stable has all")]
        if self.phase not in ("reverting", "rolled back") or not ends:
            return None
        begun = next((each.at for each in self.events if each.weight), self.opened)
        return max(0.0, (moment(ends[0]) - moment(begun)).total_seconds())

    def told(self, now: datetime, what: str, **changes: Any) -> "Canary":
        """Return it with something that happened."""
        weight = int(changes.get("weight", self.weight))
        return replace(self, events=(*self.events, Event(stamp(now), what, weight)), **changes)


@dataclass
class Store:
    """The object of one project's canary; every write requires that nobody else has written since."""

    s3: Any
    bucket: str
    project: str
    owner: str
    etag: str | None = field(default=None, init=False)
    written: float = field(default=0.0, init=False)  # of the machine's monotonic clock

    def read(self) -> Canary | None:
        """Return the latest canary, open or closed; None: there was none."""
        try:
            found = self.s3.get_object(**self._place)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchKey":
                return None
            raise
        self.etag = found["ETag"]
        return decoded(found["Body"].read())

    def write(self, canary: Canary, now: datetime) -> Canary:
        """Write it as this controller's and return it as it was written.

        Raises:
            LostError: Another controller has written since this one last read or wrote.
        """
        mine = replace(canary, owner=self.owner, beat=stamp(now))
        body = encoded(mine)
        condition = {"IfMatch": self.etag} if self.etag else {"IfNoneMatch": "*"}
        try:
            self.etag = self.s3.put_object(**self._place, Body=body, **condition)["ETag"]
        except ClientError as error:
            if error.response["Error"]["Code"] not in TAKEN:
                raise
            self._require_mine(body)
        self.written = time.monotonic()
        return mine

    def keep(self, canary: Canary) -> None:
        """Write the record of a canary that is over; the same one again changes nothing."""
        key = f"{catalog.canary_prefix(self.project)}records/{canary.opened}-version-{canary.version}.json"
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=encoded(canary))

    def _require_mine(self, body: bytes) -> None:
        """A write whose answer was lost is repeated by the client, and refused though it is there."""
        found = self.s3.get_object(**self._place)
        if found["Body"].read() != body:
            raise LostError(f"Another command has taken the canary of {self.project} over; see `make canaries`.")
        self.etag = found["ETag"]

    @property
    def _place(self) -> dict[str, str]:
        return {"Bucket": self.bucket, "Key": f"{catalog.canary_prefix(self.project)}state.json"}


def records(settings: Settings, project: str) -> list[Canary]:
    """Return the canaries of a project that are over, the oldest first.

    Raises:
        LabError: There is no such project, or no bucket.
    """
    prefix = f"{catalog.canary_prefix(projects.get(project).name)}records/"
    with explained(settings):
        s3, bucket = client(settings, "s3"), catalog.predictions_bucket(account(settings))
        return [decoded(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in _keys(s3, bucket, prefix)]


def stamp(now: datetime) -> str:
    """A moment as ISO 8601 in UTC, to the millisecond."""
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The moment of a stamp."""
    return datetime.fromisoformat(text)


def encoded(canary: Canary) -> bytes:
    """A canary as JSON."""
    return msgspec.json.format(msgspec.json.encode(canary), indent=1)


def decoded(body: bytes) -> Canary:
    """Read a canary's JSON; fields that another release of the lab knows are left out."""
    return msgspec.json.decode(body, type=Canary)


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            yield item["Key"]
