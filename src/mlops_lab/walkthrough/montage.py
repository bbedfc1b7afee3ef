"""Joins stills and captions into the frames of a film: which picture under which surround at which frame. Pure."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby

RATE = 15  # frames a second


def schedule(stills: Sequence[float], captions: Sequence[float], seconds: float) -> list[tuple[int, int, int]]:
    """Return still, caption and number of frames for each stretch of a scene in which both stay.

    Args:
        stills: Seconds of each still.
        captions: Seconds of each caption.
        seconds: Of the scene; what the sums lack or exceed goes to or is taken from the last.
    """
    shown = list(zip(_indices(stills, seconds), _indices(captions, seconds), strict=True))
    return [(still, caption, sum(1 for _ in run)) for (still, caption), run in groupby(shown)]


def _indices(lengths: Sequence[float], seconds: float) -> Iterator[int]:
    """Give for each frame the index of what is shown in its middle."""
    ends, index = list(accumulate(lengths)), 0
    for frame in range(round(seconds * RATE)):
        while index < len(ends) - 1 and ends[index] <= (frame + 0.5) / RATE:
            index += 1
        yield index
