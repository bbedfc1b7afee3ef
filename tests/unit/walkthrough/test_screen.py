import pytest

from mlops_lab.walkthrough.screen import Frame, Screen, frames, merged
from mlops_lab.walkthrough.terminal import LINES, Recording


def test_colours_and_weights_become_spans_and_markup_is_escaped() -> None:
    screen = Screen()

    screen.feed(b"\x1b[1;31merror\x1b[0m <x> \x1b[38;5;208morange")

    first = screen.html().splitlines()[0]
    assert first.startswith('<span style="color:#ff7b72;font-weight:bold">error</span> &lt;x&gt; ')
    assert '<span style="color:#ff8700">orange</span>' in first


def test_a_table_that_is_drawn_anew_replaces_the_one_before() -> None:
    screen = Screen()

    screen.feed(b"one\r\ntwo\r\n")
    screen.feed(b"\x1b[2A\x1b[2Kthree\r\n\x1b[2Kfour\r\n")

    assert [line for line in screen.html().splitlines() if line] == ["three", "four"]


def test_what_is_longer_than_the_screen_scrolls() -> None:
    screen = Screen()

    screen.feed(b"".join(b"line %d\r\n" % number for number in range(LINES + 5)))

    assert "line 0\n" not in screen.html()
    assert f"line {LINES + 4}" in screen.html()


def test_frames_last_as_long_as_their_scene_and_show_the_real_time() -> None:
    recording = Recording(((0.5, b"begin\r\n"), (100.0, b"end\r\n")), 101.0, 0)

    shown = list(frames("make demo", recording, 12))

    assert sum(frame.seconds for frame in shown) == pytest.approx(12)
    assert "make demo" in shown[-1].html
    assert "end" in shown[-1].html
    assert shown[-1].clock == "1:41 of 1:41"
    assert len({frame.clock for frame in shown}) > 5


def test_output_is_not_shown_before_its_time() -> None:
    recording = Recording(((0.4, b"begin\r\n"), (1.4, b"end\r\n")), 2.0, 0)

    shown = list(frames("x", recording, 10))

    begun = [frame for frame in shown if "begin" in frame.html]
    assert "end" not in begun[0].html
    assert sum(frame.seconds for frame in begun if "end" not in frame.html) == pytest.approx(1.0, abs=0.21)


def test_frames_that_show_the_same_are_joined() -> None:
    same = [Frame("a", "0:00", 0.2), Frame("a", "0:00", 0.2), Frame("a", "0:01", 0.2)]

    assert [(frame.clock, round(frame.seconds, 1)) for frame in merged(same)] == [("0:00", 0.4), ("0:01", 0.2)]
