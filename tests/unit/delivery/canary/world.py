"""Everything a canary moves, in memory; a world can kill its controller before or after any of its acts."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from mlops_lab.delivery.canary.controller import Controller
from mlops_lab.delivery.canary.counts import Observation
from mlops_lab.delivery.canary.parts import Parts
from mlops_lab.delivery.canary.state import Canary, Failures, Store, stamp
from mlops_lab.errors import LabError
from mlops_lab.pipeline.canary import Counts, Limits

GOOD = Counts(requests=1_000, errors=0, slow=20, scores=(100, 100))
FAILING = Counts(requests=1_000, errors=400, slow=20, scores=(100, 100))
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


class Killed(BaseException):
    """The controller's process is gone."""


class FakeBucket:
    """S3 with conditional writes."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {
            "Body": io.BytesIO(self.objects[Key]),
            "ContentLength": len(self.objects[Key]),
            "ETag": etag(self.objects[Key]),
        }

    def put_object(
        self, Bucket: str, Key: str, Body: bytes, IfMatch: str | None = None, IfNoneMatch: str | None = None
    ) -> dict[str, Any]:
        known = self.objects.get(Key)
        if (IfNoneMatch and known is not None) or (IfMatch and (known is None or etag(known) != IfMatch)):
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "PutObject")
        self.objects[Key] = Body
        return {"ETag": etag(Body)}


def etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


@dataclass
class World:
    """The cloud: what runs, who gets the requests, what the alias names."""

    plan: tuple[int, ...] = (5, 50)
    canary_counts: Counts = GOOD
    kill_at: int | None = None  # number of the act
    kill_after: bool = False
    now: datetime = BEGUN
    weight: int = 0
    tasks: dict[str, int] = field(default_factory=lambda: {"stable": 2, "canary": 0})
    runs: dict[str, str] = field(default_factory=lambda: {"stable": "1"})
    champion: str = "1"
    armed: datetime | None = None
    alarms: list[str] = field(default_factory=list)
    slow: float | None = 0.02
    healthy_canary: bool = True
    stable_refuses: bool = False
    bucket: FakeBucket = field(default_factory=FakeBucket)
    acts: list[str] = field(default_factory=list)
    weights: list[int] = field(default_factory=list)
    on_sleep: Callable[["World"], None] = lambda world: None
    shown: list[Canary] = field(default_factory=list)

    def act(self, name: str, do: Callable[[], Any]) -> Any:
        """Do something that can be seen from outside, unless the controller is killed at it."""
        number = len(self.acts)
        self.acts.append(name)
        if number == self.kill_at and not self.kill_after:
            raise Killed
        result = do()
        self.check()
        if number == self.kill_at:
            raise Killed
        return result

    def check(self) -> None:
        """What must hold at every moment."""
        assert self.tasks["stable"] > 0
        assert not self.weight or (self.tasks["canary"] and self.healthy_canary and self.armed), "requests go nowhere"

    # The clock.
    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self.on_sleep(self)

    # The weights.
    def read(self) -> int:
        return self.weight

    def write(self, percent: int) -> None:
        def do() -> None:
            self.weight = percent
            self.weights.append(percent)

        self.act(f"weight {percent}", do)

    def healthy(self, track: str) -> int:
        return self.tasks[track] if track == "stable" or self.healthy_canary else 0

    # The observer.
    def slow_limit(self, now: datetime) -> float | None:
        return self.slow

    def observe(self, start: datetime, settled: datetime, now: datetime, slow: float) -> Observation:
        grown = round((now - start).total_seconds())
        counts = self.canary_counts
        return Observation(GOOD, Counts(counts.requests + grown, counts.errors, counts.slow, counts.scores), (500, 500))


class FakeTracks:
    def __init__(self, world: World) -> None:
        self.world = world

    def release(self, canary: Canary, change: Any, alive: Callable[[], None]) -> None:
        def do() -> None:
            self.world.tasks["canary"], self.world.runs["canary"] = 1, canary.version

        self.world.act("release", do)
        if not self.world.healthy_canary:
            raise LabError("the tasks fail")

    def promote(self, canary: Canary, alive: Callable[[], None]) -> None:
        if self.world.stable_refuses:
            raise LabError("stable's tasks fail")
        self.world.act("promote stable", lambda: self.world.runs.update(stable=canary.version))

    def restore(self, definition: str) -> None:
        self.world.act("restore stable", lambda: self.world.runs.update(stable=definition))

    def stop(self) -> None:
        self.world.act("stop canary", lambda: self.world.tasks.update(canary=0))


class FakeDeadline:
    def __init__(self, world: World) -> None:
        self.world = world

    def arm(self, when: datetime) -> None:
        self.world.act("arm", lambda: setattr(self.world, "armed", when))

    def disarm(self) -> None:
        self.world.act("disarm", lambda: setattr(self.world, "armed", None))


class NotedStore(Store):
    """The store, whose writes are acts of the world."""

    def __init__(self, world: World, owner: str) -> None:
        super().__init__(world.bucket, "bucket", "income", owner)
        self.world = world

    def write(self, canary: Canary, now: datetime) -> Canary:
        found: Canary = self.world.act("write", lambda: Store.write(self, canary, now))
        return found

    def keep(self, canary: Canary) -> None:
        self.world.act("keep", lambda: Store.keep(self, canary))


def opened(world: World, **changes: Any) -> Canary:
    values: dict[str, Any] = {
        "project": "income", "version": "2", "stable_version": "1", "plan": world.plan, "seconds": 3.0,
        "who": "somebody", "why": "better", "fault": "", "rehearsal": False, "image": "image@sha256:2", "bundle_uri": "s3://b/2/",
        "bundle_sha256": "2" * 64, "stable_definition": "1", "opened": stamp(world.now),
        "deadline": stamp(world.now + timedelta(seconds=600)),
    }  # fmt: skip
    return Canary(**values | changes)


def parts(world: World, store: Store) -> Parts:
    def move(version: str) -> None:
        world.act(f"champion {version}", lambda: setattr(world, "champion", version))

    return Parts(
        store=store,
        split=world,
        tracks=FakeTracks(world),
        deadline=FakeDeadline(world),
        observer=world,
        alarming=lambda: world.alarms,
        promote=lambda canary: move(canary.version) if world.champion != canary.version else None,
        demote=lambda canary: move(canary.stable_version) if world.champion == canary.version else None,
        change=dict,
        failures=lambda canary: Failures(None, 0, 0),
        show=world.shown.append,
        clock=Clock(world),
        period=10.0,
        limits=Limits(),
    )


class Clock:
    def __init__(self, world: World) -> None:
        self.world = world

    def now(self) -> datetime:
        return self.world.now

    def sleep(self, seconds: float) -> None:
        self.world.sleep(seconds)


def controller(world: World, owner: str = "first", **changes: Any) -> Controller:
    """Open a canary, or take over the one that another controller has left."""
    store = NotedStore(world, owner)
    found = store.read()
    canary = found if found is not None and found.is_open else opened(world, **changes)
    return Controller(store.write(canary, world.now), parts(world, store))


def taken_over(world: World) -> Canary:
    """Let the next command do what is left to do, if anything is."""
    world.kill_at = None
    found = Store(world.bucket, "bucket", "income", "second").read()
    return found if found is not None and not found.is_open else controller(world, "second").drive()
