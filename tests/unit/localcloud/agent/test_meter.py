"""The meter against a CloudWatch that fails where a test wants: what is logged is counted once."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from mlops_lab.localcloud.agent.access_log import AccessLog
from mlops_lab.localcloud.agent.ledger import Ledger
from mlops_lab.localcloud.agent.meter import Meter

GROUP = "arn:aws:elasticloadbalancing:x:1:targetgroup/app/01"
BALANCER = "arn:aws:elasticloadbalancing:x:1:loadbalancer/app/lb/02"


class FakeCloudWatch:
    """Counts samples by metric, dimensions and second, and may fail before or after it took them."""

    def __init__(self) -> None:
        self.samples: Counter[tuple[str, tuple[str, ...], int]] = Counter()
        self.fail: str | None = None

    def put_metric_data(self, Namespace: str, MetricData: list[dict[str, Any]]) -> None:
        if self.fail == "before":
            raise ReadTimeoutError(endpoint_url="x")
        for datum in MetricData:
            names = tuple(sorted(each["Name"] for each in datum["Dimensions"]))
            self.samples[datum["MetricName"], names, int(datum["Timestamp"].timestamp())] += sum(datum["Counts"])
        if self.fail == "after":
            raise ReadTimeoutError(endpoint_url="x")

    def get_metric_statistics(self, MetricName: str, Dimensions: list, StartTime: datetime, **_: Any) -> dict:
        names = tuple(sorted(each["Name"] for each in Dimensions))
        count = self.samples[MetricName, names, int(StartTime.timestamp())]
        return {"Datapoints": [{"SampleCount": float(count)}] if count else []}

    def requests(self) -> float:
        return sum(
            count
            for (name, names, _), count in self.samples.items()
            if name == "HTTPCode_Target_2XX_Count" and names == ("LoadBalancer", "TargetGroup")
        )


class FakeBalancing:
    """One target group with one target."""

    def __init__(self) -> None:
        self.state = "healthy"

    def get_paginator(self, operation: str) -> Any:
        assert operation == "describe_target_groups"
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [{"TargetGroups": [{"TargetGroupArn": GROUP, "LoadBalancerArns": [BALANCER]}]}]

    def describe_target_health(self, TargetGroupArn: str) -> dict[str, Any]:
        return {"TargetHealthDescriptions": [{"TargetHealth": {"State": self.state}}]}


class Bench:
    """A meter that can be started again, with a log that a test writes."""

    def __init__(self, folder: Path):
        self.cloudwatch = FakeCloudWatch()
        self.balancing = FakeBalancing()
        self._log = folder / "access-back.log"
        self._ledger = folder / "published.json"
        self.meter = self._new()

    def restart(self) -> None:
        self.meter = self._new()

    def answer(self, count: int, second: float = 100.0) -> None:
        fields = {"ts": second, "logger": "http.log.access.targetgroup/app/01", "status": 200, "latency": 1.0}
        with self._log.open("a") as log:
            log.write(f"{json.dumps(fields)}\n" * count)

    def _new(self) -> Meter:
        clients = {"cloudwatch": self.cloudwatch, "elbv2": self.balancing, "ecs": None}
        logs = {"back": AccessLog(self._log)}
        return Meter(clients.__getitem__, None, dict, logs, Ledger.open(self._ledger), 10)  # type: ignore[arg-type]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_requests_are_counted_once_over_passes(bench: Bench):
    bench.answer(5)
    bench.meter.balancers(110)
    bench.answer(3, 111.0)
    bench.meter.balancers(120)
    bench.meter.balancers(130)

    assert bench.cloudwatch.requests() == 8


def test_requests_are_counted_once_over_a_restart(bench: Bench):
    bench.answer(5)
    bench.meter.balancers(110)
    bench.restart()
    bench.answer(3, 111.0)

    bench.meter.balancers(120)

    assert bench.cloudwatch.requests() == 8


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("restarted", [False, True])
def test_a_put_that_fails_loses_nothing_and_counts_nothing_twice(bench: Bench, moment: str, restarted: bool):
    bench.answer(5)
    bench.cloudwatch.fail = moment
    with pytest.raises(ReadTimeoutError):
        bench.meter.balancers(110)

    bench.cloudwatch.fail = None
    if restarted:
        bench.restart()
    bench.answer(3, 111.0)
    bench.meter.balancers(120)

    assert bench.cloudwatch.requests() == 8


def test_data_belong_to_the_period_that_has_ended(bench: Bench):
    bench.meter.balancers(110)

    assert {second for _, _, second in bench.cloudwatch.samples} == {100}


def test_a_draining_target_is_not_registered_any_more(bench: Bench):
    bench.balancing.state = "draining"

    bench.meter.balancers(110)

    assert bench.cloudwatch.samples == Counter()
