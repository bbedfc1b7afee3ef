"""When each caption is shown, and captions as WebVTT. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mlops_lab.walkthrough.scene import Scene

HEADER = "WEBVTT"
MOMENT = r"(?:(\d+):)?(\d{2}):(\d{2}\.\d{3})"  # hours may be left out
TIMING = re.compile(f"^{MOMENT} --> {MOMENT}$")


@dataclass(frozen=True)
class Cue:
    """A caption and the seconds of the film in which it is shown."""

    start: float
    end: float
    text: str


def shares(scene: Scene) -> list[float]:
    """Return the seconds that each caption of a scene is shown: with its view, or as long as it is among the others."""
    if len(scene.captions) == len(scene.views):
        return [scene.seconds / len(scene.views)] * len(scene.views)
    letters = [len(caption) for caption in scene.captions]
    return [scene.seconds * each / sum(letters) for each in letters]


def cues(scenes: Sequence[Scene]) -> list[Cue]:
    """Return the captions of a film of these scenes; without a gap from its first second to its last."""
    found, at = [], 0.0
    for scene in scenes:
        for caption, seconds in zip(scene.captions, shares(scene), strict=True):
            found.append(Cue(at, at + seconds, caption))
            at += seconds
    return found


def vtt(shown: Sequence[Cue]) -> str:
    """Write captions as a WebVTT file."""
    blocks = [f"{_stamp(cue.start)} --> {_stamp(cue.end)}\n{_escaped(cue.text)}" for cue in shown]
    return "\n\n".join([HEADER, *blocks]) + "\n"


def parse(text: str) -> list[Cue]:
    """Read captions from WebVTT as `vtt` or ffmpeg writes it: identifiers and settings are not known.

    Raises:
        ValueError: The text is not WebVTT.
    """
    first, *blocks = re.split(r"\n\s*\n", text.strip())
    if not first.startswith(HEADER):
        raise ValueError("the text does not begin with WEBVTT")
    return [_cue(block) for block in blocks]


def _cue(block: str) -> Cue:
    timing, *lines = block.splitlines()
    found = TIMING.match(timing)
    if found is None:
        raise ValueError(f"{timing!r} is no timing")
    text = " ".join(lines).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return Cue(_seconds(*found.groups()[:3]), _seconds(*found.groups()[3:]), text)


def _seconds(hours: str | None, minutes: str, seconds: str) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)


def _stamp(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
