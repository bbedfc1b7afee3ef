"""The loop over one month with everything it moves replaced by notes of what was asked."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from mlops_lab.errors import LabError
from mlops_lab.loop import close as loop
from mlops_lab.loop.journal import Journal
from mlops_lab.loop.report import decision, show
from mlops_lab.pipeline.drift import Verdict
from mlops_lab.progress import Timeline
from mlops_lab.registry.tracking import CHAMPION, Version
from mlops_lab.retrain import GateRefusedError
from mlops_lab.settings import Settings

STEPS = ["traffic", "drift", "retrain", "deploy", "promote"]


class FakeBucket:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(self.objects[Key])}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:
        self.objects[Key] = Body


@dataclass
class World:
    """What is live, what is registered, and what was asked in which order."""

    verdict: Verdict = "damage"
    refused: bool = False
    dies_in: str | None = None
    asked: list[str] = field(default_factory=list)
    registered: list[Version] = field(default_factory=list)
    champion: str = "1"

    def note(self, step: str) -> None:
        self.asked.append(step)
        if self.dies_in == step:
            raise KeyboardInterrupt

    def replay(self, *_: Any, **__: Any) -> Any:
        self.note("traffic")
        return SimpleNamespace(rows=2, failed=0, delivered=2, error=11.0, versions={"1": 2})

    def watch(self, settings: Settings, project: str, window: str) -> Any:
        self.note("drift")
        performance = SimpleNamespace(mean=5.5, reference=3.5)
        drift = SimpleNamespace(verdict=self.verdict, reasons=("why",), version="1", performance=performance)
        return SimpleNamespace(drift=drift), "run"

    def publish(self, candidate: Any, settings: Settings, tags: Any) -> Any:
        assert tags == {"loop": "2020-04"}
        if self.refused:
            self.note("retrain")
            raise GateRefusedError("no better")
        made = Version("2", "run-2", "s3://b/2/", "hash", ())
        self.registered.append(made)
        self.note("retrain")
        return SimpleNamespace(version="2", run_id="run-2")

    def promote(self, registry: Any, version: str, who: str, why: str) -> str:
        self.champion = version
        self.note("promote")
        return f"champion -> {version} by {who}: {why}"

    def runs(self, **tags: str) -> list[Any]:
        return [SimpleNamespace(info=SimpleNamespace(run_id=each.run_id)) for each in self.registered]

    def versions(self) -> list[Version]:
        return self.registered

    def aliased(self, alias: str) -> Version:
        assert alias == CHAMPION
        return Version(self.champion, "run", "s3://b/", "hash", (alias,))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[[World], list[Journal]]:
    bucket = FakeBucket()

    def once(world: World) -> list[Journal]:
        logged = pd.DataFrame({"request_id": ["loop-2020-04-0", "loop-2020-04-1", "another"]})
        monkeypatch.setattr(loop, "serve", lambda *_: None)
        monkeypatch.setattr(loop, "client", lambda *_: bucket)
        monkeypatch.setattr(loop, "account", lambda _: "1")
        monkeypatch.setattr(loop, "caller", lambda _: "tester")
        monkeypatch.setattr(loop, "replay", world.replay)
        monkeypatch.setattr(loop.predictions, "read", lambda *_: logged)
        monkeypatch.setattr(loop, "watch", world.watch)
        monkeypatch.setattr(loop, "train_candidate", lambda *_: None)
        monkeypatch.setattr(loop, "publish", world.publish)
        monkeypatch.setattr(loop, "deploy_version", lambda *_: world.note("deploy"))
        monkeypatch.setattr(loop.api, "metadata", lambda *_: {"version": "2"})
        monkeypatch.setattr(loop, "promote", world.promote)
        monkeypatch.setattr(loop, "Registry", lambda *_: world)
        timeline = Timeline(Console(file=io.StringIO()))
        return loop.close(Settings(), "taxi", "2020-04", "2020-04", 1e6, timeline)

    return once


def test_damage_is_retrained_deployed_and_promoted_in_this_order(run: Callable[[World], list[Journal]]):
    world = World()

    (journal,) = run(world)

    assert world.asked == list(journal.steps) == STEPS
    assert journal.steps["promote"]["promotion"] == "champion -> 2 by tester: loop: damage in 2020-04, drift run run"
    assert decision(journal) == "version 2 deployed and promoted"


@pytest.mark.parametrize("verdict", ["none", "data drift", "not enough data"])
def test_nothing_but_damage_trains(run: Callable[[World], list[Journal]], verdict: Verdict):
    world = World(verdict=verdict)

    (journal,) = run(world)

    assert world.asked == ["traffic", "drift"]
    assert decision(journal) == "the champion stays"


def test_a_challenger_that_the_gate_refuses_changes_nothing_that_is_live(run: Callable[[World], list[Journal]]):
    world = World(refused=True)

    (journal,) = run(world)

    assert world.asked == ["traffic", "drift", "retrain"]
    assert world.champion == "1"
    assert decision(journal) == "challenger refused, the champion stays"


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_is_killed_in_a_step_is_gone_on_with_and_nothing_is_done_twice(
    run: Callable[[World], list[Journal]], step: str
):
    world = World(dies_in=step)
    with pytest.raises(KeyboardInterrupt):
        run(world)
    world.dies_in, world.asked = None, []

    (journal,) = run(world)

    left = STEPS[STEPS.index(step) :]
    # What a killed run has registered or promoted is found again, not made again.
    assert world.asked == (left[1:] if step in ("retrain", "promote") else left)
    assert list(journal.steps) == STEPS
    assert [each.version for each in world.registered] == ["2"]


def test_a_second_run_does_nothing_and_tells_the_same(run: Callable[[World], list[Journal]]):
    run(World())
    world, console = World(), Console(file=io.StringIO(), width=120)

    show(run(world), console)

    assert world.asked == []
    assert "5.50" in console.file.getvalue()  # type: ignore[attr-defined]


def test_answers_that_never_reach_the_log_end_the_month(
    run: Callable[[World], list[Journal]], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(loop, "SHIPPED", 0.0)
    world = World()
    monkeypatch.setattr(world, "replay", lambda *_, **__: SimpleNamespace(rows=9, failed=0, delivered=0, versions={}))

    with pytest.raises(LabError, match="Of 9 answered rows 2 are in the log"):
        run(world)


def test_the_journal_is_json_that_names_its_month():
    bucket = FakeBucket()

    Journal(bucket, "b", "taxi", "2020-04").once("traffic", lambda: {"rows": 1})

    assert json.loads(bucket.objects["loop/project=taxi/2020-04.json"]) == {
        "month": "2020-04",
        "steps": {"traffic": {"rows": 1}},
    }
