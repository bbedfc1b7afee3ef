"""What is written at a high rate is bounded; the process that keeps it in memory would grow for ever otherwise."""

import subprocess
import sys

SCRIPT = """
from mlops_lab.localcloud.plane.engine import determinism
from mlops_lab.localcloud.plane.extension import retention
from moto.cloudwatch.models import cloudwatch_backends
from moto.logs.models import logs_backends

retention.install()
retention.FEW_DATA, retention.MOST_DATA, retention.SLACK, retention.STREAM_EVENTS = 10, 40, 5, 10
determinism.Tamer().tame()
metrics = cloudwatch_backends["1"]["us-east-1"]
metrics.next_trim = 15
logs = logs_backends["1"]["us-east-1"]
DAY = 86_400


def data(count, seconds):
    with determinism.moment(1, seconds):
        for _ in range(count):
            metrics.put_metric_data("n", [{"MetricName": "m", "Value": 1.0}])
    return len(metrics.metric_data)


def events(count, seconds):
    with determinism.moment(1, seconds):
        for _ in range(count):
            logs.put_log_events("g", "s", [{"timestamp": int(seconds * 1000), "message": "x"}])
    return len(logs.groups["g"].streams["s"].events)


"""
PREPARE_LOGS = """
with determinism.moment(1, 100 * DAY):
    logs.create_log_group("g", {})
    logs.create_log_stream("g", "s")
"""


def run(script: str) -> str:
    """Run in a process of its own, because the extension changes moto for a whole process."""
    result = subprocess.run([sys.executable, "-c", SCRIPT + script], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


def test_few_metric_data_are_kept_whatever_their_age() -> None:
    assert run("data(9, 0); print(data(5, 100 * DAY))") == "14"


def test_old_metric_data_go_when_there_are_many() -> None:
    assert int(run("data(30, 0); print(data(30, 100 * DAY))")) <= 35


def test_even_new_metric_data_have_a_limit() -> None:
    assert int(run("print(data(200, 100 * DAY))")) <= 45


def test_a_log_stream_keeps_its_newest_events() -> None:
    assert int(run(PREPARE_LOGS + "print(events(100, 100 * DAY))")) <= 15


def test_log_events_older_than_the_groups_retention_go() -> None:
    script = "logs.groups['g'].retention_in_days = 1; events(5, 100 * DAY); print(events(1, 102 * DAY))"

    assert run(PREPARE_LOGS + script) == "1"


def test_a_stream_whose_events_are_all_too_old_is_forgotten() -> None:
    script = """
events(1, 100 * DAY)
with determinism.moment(1, 120 * DAY):
    logs.create_log_stream("g", "new")
print(*logs.groups["g"].streams)
"""

    assert run(PREPARE_LOGS + script) == "new"
