import pytest

from mlops_lab.walkthrough.captions import Cue, cues, parse, vtt
from mlops_lab.walkthrough.scene import Scene, View


def scene(seconds: float, *captions: str) -> Scene:
    return Scene("a", "A", seconds, captions, card=("A",))


def test_captions_share_their_scene_by_length_and_leave_no_gap() -> None:
    found = cues([scene(4, "abc", "abcdefghi"), scene(2, "end")])

    assert found == [Cue(0, 1, "abc"), Cue(1, 4, "abcdefghi"), Cue(4, 6, "end")]


def test_captions_of_as_many_views_are_shown_each_with_its_view() -> None:
    found = cues([Scene("a", "A", 6, ("short", "a longer one"), views=(View("one"), View("two")))])

    assert [(cue.start, cue.end) for cue in found] == [(0, 3), (3, 6)]


def test_webvtt_has_hours_and_escapes_what_would_be_markup() -> None:
    text = vtt([Cue(59.9996, 3661.5, "5 < 6 & so on")])

    assert text == "WEBVTT\n\n00:01:00.000 --> 01:01:01.500\n5 &lt; 6 &amp; so on\n"


def test_what_was_written_is_read_back() -> None:
    written = [Cue(0, 1.25, "a & b"), Cue(1.25, 3700, "`make demo` <now>")]

    assert parse(vtt(written)) == written


def test_timings_without_hours_are_read() -> None:
    assert parse("WEBVTT\n\n00:01.000 --> 01:02.500\nhello\nagain\n") == [Cue(1, 62.5, "hello again")]


@pytest.mark.parametrize("text", ["1\n00:01.000 --> 00:02.000\nhello", "WEBVTT\n\n1 to 2\nhello"])
def test_what_is_no_webvtt_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"WEBVTT|no timing"):
        parse(text)
