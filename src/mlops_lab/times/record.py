"""Spans as a run leaves them below the lab's state, a line of JSON each, and the tests that took longest."""

import json
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from mlops_lab.times.span import Span


class Test(NamedTuple):
    """A test, and the seconds of it and of what was set up for it."""

    name: str
    seconds: float


def path(state: Path, run: str) -> Path:
    """Where a run (demo, test) keeps its spans."""
    return state / "times" / f"{run}.jsonl"


def keep(state: Path, run: str, spans: Sequence[Span]) -> None:
    """Replace what is kept of a run."""
    path(state, run).unlink(missing_ok=True)
    for each in spans:
        add(state, run, each)


def add(state: Path, run: str, span: Span) -> None:
    """Add a span to a run; processes beside each other may."""
    path(state, run).parent.mkdir(parents=True, exist_ok=True)
    with path(state, run).open("a") as file:
        file.write(json.dumps(asdict(span)) + "\n")


def timed(state: Path, name: str, command: Sequence[str]) -> int:
    """Run a command as a part of the tests, keep its span whatever its end, and return its exit code."""
    start = time.time()
    code = subprocess.run(command, check=False, close_fds=False).returncode  # make's job server is a descriptor
    add(state, "test", Span("make", name, start, time.time()))
    return code


def read(state: Path, run: str) -> list[Span]:
    """Return a run's spans by their start; none where it has not been."""
    kept = path(state, run)
    lines = kept.read_text().splitlines() if kept.is_file() else []
    return sorted((Span(**json.loads(line)) for line in lines), key=lambda each: each.start)


def slowest(reports: Sequence[Path], count: int) -> list[Test]:
    """Return the tests that took longest, out of pytest's reports in JUnit's form."""
    cases = [case for report in reports for case in ElementTree.parse(report).iter("testcase")]
    tests = [Test(f"{case.get('classname')}::{case.get('name')}", float(case.get("time", 0))) for case in cases]
    return sorted(tests, key=lambda each: -each.seconds)[:count]
