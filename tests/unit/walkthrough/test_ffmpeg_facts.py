import pytest

from mlops_lab.errors import LabError
from mlops_lab.walkthrough.ffmpeg import Facts, parse

SAID = """Input #0, mov,mp4,m4a,3gp,3g2,mj2, from 'walkthrough.mp4':
  Duration: 00:04:10.50, start: 0.000000, bitrate: 186 kb/s
  Stream #0:0[0x1](und): Video: h264 (High) (avc1 / 0x31637661), yuv420p(progressive), 1920x1080, 184 kb/s, 15 fps
"""


def test_length_codec_and_size_are_read() -> None:
    assert parse(SAID, "walkthrough.mp4") == Facts(250.5, "h264", 1920, 1080, "")


def test_a_subtitle_track_is_seen() -> None:
    track = "  Stream #0:1[0x2](eng): Subtitle: mov_text (tx3g / 0x67337874), 0 kb/s\n"

    assert parse(SAID + track, "walkthrough.mp4").subtitles == "mov_text"


def test_what_is_no_film_is_refused() -> None:
    with pytest.raises(LabError, match=r"notes\.txt is no film"):
        parse("notes.txt: Invalid data found when processing input", "notes.txt")
