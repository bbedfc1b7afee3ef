"""What outcome 7.4 must see of the walkthrough: a film that plays, with the captions of the scenes as they are."""

import json
import subprocess
from collections.abc import Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from mlops_lab.catalog import Paths
from mlops_lab.outcomes.outcome import require
from mlops_lab.reporting.site.records import Kept
from mlops_lab.settings import Settings
from mlops_lab.walkthrough import captions, ffmpeg, scene
from mlops_lab.walkthrough.stage import HEIGHT, WIDTH

SHORTEST, LONGEST = 180.0, 300.0  # seconds of the film
EVERY = 5  # seconds between two samples
STILL = 4  # samples one after the other that are like the one before: the picture stands
NOISE = 0.25  # mean difference in levels of grey below which two samples show the same
CONTRAST = 10  # levels of grey between which a picture that shows something has at least some of its parts
TOLERANCE = 0.2  # seconds that a caption may be off
AGAIN = "`make walkthrough` records it"


def the_film_plays_and_says_what_it_shows(settings: Settings) -> str:
    """7.4: the film decodes from end to end, is neither black nor frozen, and its captions are the scenes'."""
    files = Kept(Paths(settings.root, settings.state_dir).reports)
    film = files.film
    require(film.is_file(), f"{film} does not exist; {AGAIN}")
    text, kept = scene.source(), json.loads(files.film_record.read_text())
    require(kept["scenes_sha256"] == scene.digest(text), f"the scenes have changed since the film; {AGAIN} anew")
    _recorded_from_history(settings.root, kept)
    facts = ffmpeg.facts(film)
    wrong = faults(facts, ffmpeg.samples(film, EVERY))
    require(not wrong, "; ".join(wrong))
    wanted = captions.cues(scene.read(text))
    for name, said in (
        (files.captions.name, files.captions.read_text(encoding="utf-8")),
        ("the film's track", ffmpeg.subtitles(film)),
    ):
        require(_same(captions.parse(said), wanted), f"the captions of {name} are not the scenes'; {AGAIN} anew")
    size = film.stat().st_size / 1e6
    return (
        f"reports/walkthrough/{film.name}: {facts.seconds:.0f} s, {facts.width}x{facts.height} {facts.video}, "
        f"{size:.1f} MB, decoded from end to end; {len(kept['scenes'])} scenes, {len(wanted)} captions in the picture, "
        f"as {files.captions.name} and as a track; recorded {kept['recorded']}"
    )


def faults(facts: ffmpeg.Facts, samples: Sequence[bytes]) -> list[str]:
    """Return what is wrong with a film by its facts and its samples, small grey pictures. Pure."""
    found = []
    if (facts.video, facts.width, facts.height) != ("h264", WIDTH, HEIGHT):
        found.append(f"the film is {facts.video}, {facts.width}x{facts.height}, not h264, {WIDTH}x{HEIGHT}")
    if not SHORTEST <= facts.seconds <= LONGEST:
        found.append(f"the film lasts {facts.seconds:.0f} s, not {SHORTEST:.0f} to {LONGEST:.0f}")
    if len(samples) < facts.seconds // EVERY - 1:
        found.append(f"only {len(samples) * EVERY} s of the film can be decoded")
    if empty := [at * EVERY for at, sample in enumerate(samples) if max(sample) - min(sample) < CONTRAST]:
        found.append(f"nothing is seen at {', '.join(map(str, empty))} s")
    same = [_alike(one, other) for one, other in pairwise(samples)]
    if (longest := max((sum(1 for _ in run) for alike, run in groupby(same) if alike), default=0)) >= STILL:
        found.append(f"the picture stands still for {longest * EVERY} s")
    return found


def _alike(one: bytes, other: bytes) -> bool:
    """Whether two samples show the same: an encoder repeats a picture with small differences."""
    return sum(abs(a - b) for a, b in zip(one, other, strict=True)) < NOISE * len(one)


def _recorded_from_history(root: Path, kept: dict[str, Any]) -> None:
    for commit in sorted({each["commit"] for each in kept["scenes"]}):
        command = ["git", "merge-base", "--is-ancestor", commit, "HEAD"]
        done = subprocess.run(command, cwd=root, capture_output=True, check=False)
        require(done.returncode == 0, f"a scene was filmed at {commit}, which is no ancestor of HEAD; {AGAIN} anew")


def _same(found: Sequence[captions.Cue], wanted: Sequence[captions.Cue]) -> bool:
    return len(found) == len(wanted) and all(
        has.text == wants.text and abs(has.start - wants.start) < TOLERANCE and abs(has.end - wants.end) < TOLERANCE
        for has, wants in zip(found, wanted, strict=True)
    )
