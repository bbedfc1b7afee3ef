from datetime import UTC, datetime

from rich.console import Console

from mlops_lab.load.display import Display, show
from mlops_lab.load.summary import Latency, Sample, Second, summarise

SECOND = Second(4, 40, 3, 35, 2, 7, Latency(0.012, 0.02, 0.09, 0.2))


def test_a_pipe_gets_one_line_a_second():
    console = Console(record=True, force_terminal=False, width=200)

    with Display(console, 10) as display:
        display(SECOND)
        display(Second(5, 0, 0, 0, 0, 0, None))

    first, second = console.export_text().splitlines()
    assert all(part in first for part in ("5 s", "offered   40", "ok   35", "failed   2", "dropped   3", "p99   90 ms"))
    assert "no success" in second


def test_a_terminal_gets_one_line_that_moves():
    console = Console(record=True, force_terminal=True, width=200)

    with Display(console, 10) as display:
        display(SECOND)

    assert console.export_text().count("\n") <= 2


def test_the_summary_says_what_was_dropped_and_why():
    console = Console(record=True, width=200)
    sample = Sample(0, 0.03, 0.1, version="7")

    show(summarise([sample], datetime(2026, 1, 1, tzinfo=UTC), 1, [0.5], {"requests": 9}), console)

    text = console.export_text()
    assert "1 too many were under way, 9 beyond the limit of requests" in text
    assert "p50 100.0 ms" in text
    assert "up to 30 ms late" in text
    assert "1 7" in text
