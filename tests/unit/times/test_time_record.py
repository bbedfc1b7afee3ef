"""What a run leaves of its time, and how it is told."""

import sys
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from mlops_lab.errors import LabError
from mlops_lab.progress import Timeline
from mlops_lab.times import record
from mlops_lab.times.show import show
from mlops_lab.times.span import Span

REPORT = """<testsuites><testsuite name="pytest">
<testcase classname="tests.e2e" name="test_slow" time="12.5"/>
<testcase classname="tests.unit" name="test_quick" time="0.1"/>
</testsuite></testsuites>"""


def printed(state: Path) -> str:
    console = Console(width=120, file=StringIO(), record=True)
    show(state, console)
    return console.export_text()


def test_a_timeline_s_steps_are_kept_and_read_back_by_their_start(tmp_path: Path):
    timeline = Timeline(Console(quiet=True))
    with timeline.span("image", "build"), timeline.step("cloud", "start"):
        pass

    record.keep(tmp_path, "demo", timeline.spans)

    assert [each.doing for each in record.read(tmp_path, "demo")] == ["build", "start"]


def test_a_step_that_failed_is_not_kept():
    timeline = Timeline(Console(quiet=True))

    with pytest.raises(LabError), timeline.step("cloud", "start"):
        raise LabError("no")

    assert timeline.spans == []


def test_a_run_replaces_what_the_last_one_left(tmp_path: Path):
    record.keep(tmp_path, "demo", [Span("cloud", "then", 0, 1)])
    record.keep(tmp_path, "demo", [Span("cloud", "now", 0, 1)])

    assert [each.doing for each in record.read(tmp_path, "demo")] == ["now"]


@pytest.mark.parametrize("code", [0, 3])
def test_a_timed_command_ends_as_the_command_does_and_is_kept(tmp_path: Path, code: int):
    assert record.timed(tmp_path, "lint", [sys.executable, "-c", f"exit({code})"]) == code

    (kept,) = record.read(tmp_path, "test")
    assert (kept.doing, kept.seconds > 0) == ("lint", True)


def test_both_runs_are_shown_with_the_slowest_tests(tmp_path: Path):
    record.keep(tmp_path, "demo", [Span("cloud", "start", 0, 2), Span("deploy", "version 1", 2, 10)])
    record.add(tmp_path, "test", Span("make", "lint", 100, 130))
    (tmp_path / "times" / "e2e.xml").write_text(REPORT)

    said = printed(tmp_path)

    assert "10 s for 10 s of steps: 1.0 at once; the end waited for 2 of them, 10 s" in said
    assert (
        said.index("● deploy: version 1")
        < said.index("● make: lint")
        < said.index("test_slow")
        < said.index("test_quick")
    )


def test_without_a_run_it_is_said_what_makes_one(tmp_path: Path):
    with pytest.raises(LabError, match="keeps no run yet; run `make demo` or `make test`"):
        show(tmp_path, Console(quiet=True))
