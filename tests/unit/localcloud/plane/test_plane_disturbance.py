"""Disturbances: what they refuse, for how long, and that nothing of it is ever executed or written down."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mlops_lab.localcloud.plane.blobs import Blobs
from mlops_lab.localcloud.plane.call import Answer, Call
from mlops_lab.localcloud.plane.disturbance import PATH, Disturbances, signed_for
from mlops_lab.localcloud.plane.gate import Gate
from mlops_lab.localcloud.plane.store import Store

S3 = "AWS4-HMAC-SHA256 Credential=ASIA/20261124/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
SSM = S3.replace("/s3/", "/ssm/")


class Engine:
    """Notes what it executes, and when."""

    version = "1"

    def __init__(self) -> None:
        self.times: list[float] = []

    def execute(self, call: Call) -> Answer:
        self.times.append(call.time)
        return Answer("200 OK", (), b"done")

    def dump(self) -> tuple[bytes, set[str]]:
        return b"", set()

    def load(self, state: bytes) -> None:
        raise AssertionError("nothing was kept")


class Plane:
    """A gate in front of an engine, with a clock that a test moves."""

    def __init__(self, folder: Path) -> None:
        self.engine, self.now, self.slept = Engine(), 1000.0, list[float]()
        self.store = Store(folder)
        disturbances = Disturbances(lambda: self.now, self.slept.append)
        self.gate = Gate(self.engine, self.store, Blobs(folder / "blobs"), disturbances=disturbances)
        self.gate.restore()

    def disturb(self, **told: Any) -> Answer:
        return self.gate.answer(Call({"REQUEST_METHOD": "POST", "PATH_INFO": PATH}, json.dumps(told).encode()))

    def ask(self, authorization: str = S3, method: str = "PUT", **environ: str) -> Answer:
        told: Mapping[str, Any] = {"REQUEST_METHOD": method, "HTTP_AUTHORIZATION": authorization, **environ}
        return self.gate.answer(Call(told, b"a"))


@pytest.fixture
def plane(tmp_path: Path) -> Plane:
    return Plane(tmp_path)


@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_a_failing_service_executes_and_writes_down_nothing(plane: Plane, method: str):
    assert plane.disturb(kind="failing", service="s3", seconds=5).code == 200

    assert plane.ask(method=method).code == 500
    assert plane.ask(SSM, method).code == 200
    assert len(plane.engine.times) == 1
    assert plane.store.pending_records == (method == "PUT")


def test_it_is_over_by_itself(plane: Plane):
    plane.disturb(kind="failing", seconds=5)
    plane.now += 4.9
    assert plane.ask().code == 500

    plane.now += 0.1

    assert plane.ask().code == 200


def test_another_one_replaces_it_and_none_ends_it(plane: Plane):
    plane.disturb(kind="failing", service="s3", seconds=60)
    plane.disturb(kind="failing", service="ssm", seconds=60)
    assert (plane.ask().code, plane.ask(SSM).code) == (200, 500)

    plane.disturb(kind="failing", seconds=0)

    assert plane.ask(SSM).code == 200


def test_a_slow_service_answers_late_and_rightly(plane: Plane):
    plane.disturb(kind="slow", service="s3", size=2)

    assert plane.ask().body == b"done"
    plane.ask(SSM)
    assert plane.slept == [2.0]


@pytest.mark.parametrize(
    ("environ", "code", "said"),
    [
        ({"HTTP_X_AMZ_TARGET": "AmazonSSM.GetParameter", "authorization": SSM}, 400, b"ThrottlingException"),
        ({"authorization": S3}, 503, b"SlowDown"),
        ({"HTTP_SMITHY_PROTOCOL": "rpc-v2-cbor", "authorization": SSM}, 503, b""),
        ({"authorization": SSM}, 400, b"<Code>Throttling</Code>"),
    ],
)
def test_throttling_is_told_in_the_words_of_the_call_s_protocol(plane: Plane, environ: dict, code: int, said: bytes):
    plane.disturb(kind="throttling")

    answer = plane.ask(**environ)

    assert answer.code == code
    assert said in answer.body


def test_a_full_disk_takes_no_change_and_answers_reads(plane: Plane):
    plane.disturb(kind="full")

    refused = plane.ask()

    assert refused.code == 507
    assert b"No space left on device" in refused.body
    assert plane.ask(method="GET").code == 200
    assert plane.store.pending_records == 0


def test_a_clock_that_is_ahead_dates_calls_and_returns(plane: Plane):
    plane.ask()
    plane.disturb(kind="clock", size=3600, seconds=5)
    plane.ask()
    plane.now += 5
    plane.ask()

    first, ahead, again = plane.engine.times
    assert 3599 < ahead - first < 3610
    assert 0 <= again - first < 10


@pytest.mark.parametrize(
    "told",
    [
        {"kind": "rain"},
        {},
        {"kind": "failing", "seconds": 121},
        {"kind": "failing", "seconds": float("nan")},
        {"kind": "slow", "size": -1},
        {"kind": "slow", "size": "long"},
        {"kind": "failing", "where": "s3"},
        [],
    ],
)
def test_what_is_no_disturbance_is_refused_and_changes_nothing(plane: Plane, told: object):
    answer = plane.gate.answer(Call({"REQUEST_METHOD": "POST", "PATH_INFO": PATH}, json.dumps(told).encode()))

    assert answer.code == 400
    assert b"This is no disturbance" in answer.body
    assert plane.ask().code == 200


@pytest.mark.parametrize("kind", ["slow", "failing", "throttling", "full", "clock"])
def test_the_next_one_tells_how_many_calls_met_it(plane: Plane, kind: str):
    plane.ask()
    plane.disturb(kind=kind, service="s3")
    plane.ask()
    plane.ask()

    assert json.loads(plane.disturb(kind="failing", seconds=0).body) == {"met": 2}
    plane.ask()
    assert json.loads(plane.disturb(kind="failing", seconds=0).body) == {"met": 0}


def test_only_a_post_disturbs(plane: Plane):
    assert plane.gate.answer(Call({"REQUEST_METHOD": "GET", "PATH_INFO": PATH}, b"")).code == 405


def test_a_call_without_a_signature_is_for_no_service():
    assert signed_for(Call({"REQUEST_METHOD": "GET"}, b"")) == ""
    assert signed_for(Call({"REQUEST_METHOD": "GET", "HTTP_AUTHORIZATION": S3}, b"")) == "s3"
