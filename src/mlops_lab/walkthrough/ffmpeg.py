"""Runs ffmpeg: encodes frames into a film, and looks at a film as a player would."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mlops_lab.errors import LabError
from mlops_lab.walkthrough.montage import RATE
from mlops_lab.walkthrough.stage import CONTENT, HEIGHT, TOP, WIDTH

SAMPLE = (192, 108)  # pixels of a sample, in grey
QUALITY = "26"  # x264's constant rate factor: text stays sharp
KEYFRAMES = 20  # seconds at most from one to the next; a change of scene makes one, too
SHARPNESS = "animation"  # x264's tuning for flat areas with hard edges


@dataclass(frozen=True)
class Facts:
    """What ffmpeg says of a film."""

    seconds: float
    video: str  # codec
    width: int
    height: int
    subtitles: str  # codec of the subtitle track; empty: none


def binary() -> str:
    """Return ffmpeg: the one of the film's tools, otherwise the installed one.

    Raises:
        LabError: There is none.
    """
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        return str(get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        if found := shutil.which("ffmpeg"):
            return found
    raise LabError("ffmpeg is not installed; `make film-tools` installs the film's tools.")


def encode(frames: Iterable[bytes], captions: Path, film: Path) -> None:
    """Encode frames (RGB, 8 bits) as H.264 with the captions as a track of their own.

    Raises:
        LabError: ffmpeg refuses; the message quotes it.
    """
    command = [
        *(binary(), "-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}"),
        *("-r", str(RATE), "-i", "-", "-i", str(captions), "-map", "0:v", "-map", "1:s"),
        *("-c:v", "libx264", "-preset", "medium", "-tune", SHARPNESS, "-crf", QUALITY, "-pix_fmt", "yuv420p"),
        *("-g", str(RATE * KEYFRAMES), "-c:s", "mov_text", "-metadata:s:s:0", "language=eng", "-disposition:s:0", "0"),
        *("-movflags", "+faststart", str(film)),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        try:
            for frame in frames:
                process.stdin.write(frame)
            process.stdin.close()
        except BrokenPipeError:
            pass  # what ffmpeg has against it is read below
        said = process.stderr.read().decode(errors="replace")
    if process.returncode != 0:
        raise LabError(
            f"ffmpeg ended with {process.returncode} on {film.name}; read what it says: {said.strip()[-300:]}"
        )


def facts(film: Path) -> Facts:
    """Return what a film is.

    Raises:
        LabError: It is no film.
    """
    said = subprocess.run([binary(), "-i", str(film)], capture_output=True, text=True, check=False).stderr
    return parse(said, film.name)


def parse(said: str, name: str) -> Facts:
    """Read ffmpeg's description of an input. Pure.

    Raises:
        LabError: It describes no film.
    """
    length = re.search(r"Duration: (\d+):(\d+):([\d.]+)", said)
    video = re.search(r"Video: (\w+).*?(\d{3,5})x(\d{3,5})", said)
    if length is None or video is None:
        raise LabError(f"{name} is no film that ffmpeg can read; `make walkthrough` records it anew.")
    subtitles = re.search(r"Subtitle: (\w+)", said)
    seconds = int(length[1]) * 3600 + int(length[2]) * 60 + float(length[3])
    return Facts(seconds, video[1], int(video[2]), int(video[3]), subtitles[1] if subtitles else "")


def samples(film: Path, every: float) -> list[bytes]:
    """Decode a film from end to end; return a small grey picture of the content for each so many seconds.

    Raises:
        LabError: A frame cannot be decoded.
    """
    width, height = SAMPLE
    content = f"crop=iw:{CONTENT}:0:{TOP}"  # title and caption are there whatever is filmed
    filters = f"fps=1/{every},{content},scale={width}:{height}"
    decoded = _output(film, "-map", "0:v", "-vf", filters, "-pix_fmt", "gray", "-f", "rawvideo")
    size = width * height
    return [decoded[at : at + size] for at in range(0, len(decoded), size)]


def subtitles(film: Path) -> str:
    """Return the subtitle track as WebVTT.

    Raises:
        LabError: There is none.
    """
    return _output(film, "-map", "0:s:0", "-f", "webvtt").decode()


def _output(film: Path, *arguments: str) -> bytes:
    command = [binary(), "-v", "error", "-xerror", "-i", str(film), *arguments, "-"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode != 0 or done.stderr:
        said = done.stderr.decode(errors="replace").strip()[-300:]
        raise LabError(f"{film.name} cannot be decoded; `make walkthrough` records it anew: {said}")
    return done.stdout
