"""What is written at a high rate is bounded; the process that keeps it in memory would grow for ever otherwise."""

import subprocess
import sys

SCRIPT = """
from mlops_lab.localcloud.plane.engine import determinism
from mlops_lab.localcloud.plane.extension import retention
from moto.logs.models import logs_backends

retention.install()
retention.SLACK, retention.STREAM_EVENTS = 5, 10
determinism.Tamer().tame()
logs = logs_backends["1"]["us-east-1"]
DAY = 86_400


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
