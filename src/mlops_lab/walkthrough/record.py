"""Records the walkthrough: films the scenes, cuts them, writes film, captions, poster and record."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from mlops_lab.catalog import Paths
from mlops_lab.progress import Say
from mlops_lab.registry.commit import current_commit
from mlops_lab.reporting.site.records import Kept
from mlops_lab.settings import Settings
from mlops_lab.walkthrough import camera, captions, ffmpeg, scene, stage
from mlops_lab.walkthrough.browser import Browser, opened
from mlops_lab.walkthrough.montage import RATE, schedule
from mlops_lab.walkthrough.places import Places
from mlops_lab.walkthrough.scene import Scene
from mlops_lab.walkthrough.take import Take, Takes

FOLDER = "walkthrough"  # of the lab's state


def walkthrough(settings: Settings, text: str, names: Sequence[str], rehearse: bool, say: Say) -> Path:
    """Film the lab and return the film.

    Args:
        settings: The target.
        text: The scenes' file.
        names: Scenes to film anew; others are filmed only where no take of them as they are now is kept. None named:
            all anew.
        rehearse: Film the named scenes only, into the lab's state instead of ``reports/``.
        say: Gets a line for every scene.

    Raises:
        LabError: A tool is missing, a command fails, a page does not show what it should; takes so far are kept.
    """
    scenes = scene.read(text)
    anew = scene.chosen(scenes, names) if names else scenes
    shown = anew if rehearse else scenes
    ffmpeg.binary()  # what is missing is said before a scene is filmed
    folder = settings.state_dir / FOLDER
    takes = Takes(folder / "takes")
    with opened() as browser, Places(settings) as places:
        for each in shown:
            if each in anew or takes.find(each) is None:
                say(f"filming {each.id}: {each.title}")
                takes.keep(each, camera.film(each, browser, places, settings.root), _commit(settings.root))
        out = Kept(folder if rehearse else Paths(settings.root, settings.state_dir).reports)
        say(f"cutting {len(shown)} scenes, {sum(each.seconds for each in shown):.0f} s")
        _cut(shown, takes, browser, out)
    _keep_record(shown, takes, text, out)
    return out.film


def _cut(scenes: Sequence[Scene], takes: Takes, browser: Browser, out: Kept) -> None:
    out.film.parent.mkdir(parents=True, exist_ok=True)
    out.captions.write_text(captions.vtt(captions.cues(scenes)), encoding="utf-8")
    trial = out.film.with_stem("trial")
    ffmpeg.encode(_frames(scenes, takes, browser, out.poster), out.captions, trial)
    trial.rename(out.film)


def _frames(scenes: Sequence[Scene], takes: Takes, browser: Browser, poster: Path) -> Iterator[bytes]:
    """Give every frame of the film; the very first is the poster, too."""
    from PIL import Image

    for number, each in enumerate(scenes, 1):
        place = f"{number} / {len(scenes)}"
        surrounds = [
            Image.open(BytesIO(browser.draw(stage.surround(each.title, place, caption), stage.HEIGHT))).convert("RGB")
            for caption in each.captions
        ]
        take = _taken(takes, each)
        plan = schedule([seconds for _, seconds in take.stills], captions.shares(each), each.seconds)
        for still, caption, count in plan:
            frame = surrounds[caption].copy()
            frame.paste(Image.open(takes.picture(take, take.stills[still][0])).convert("RGB"), (0, stage.TOP))
            if number == 1 and still == caption == 0:
                frame.save(poster, optimize=True)
            data = frame.tobytes()
            yield from (data for _ in range(count))


def _taken(takes: Takes, each: Scene) -> Take:
    take = takes.find(each)
    assert take is not None  # it was filmed before the cut
    return take


def _keep_record(scenes: Sequence[Scene], takes: Takes, text: str, out: Kept) -> None:
    known, at, listed = ffmpeg.facts(out.film), 0.0, []
    for each in scenes:
        take = _taken(takes, each)
        listed.append(_listed(each, take, at))
        at += each.seconds
    document = {
        "film": out.film.name,
        "seconds": known.seconds,
        "width": known.width,
        "height": known.height,
        "video": known.video,
        "frames_a_second": RATE,
        "bytes": out.film.stat().st_size,
        "recorded": datetime.now(UTC).isoformat(timespec="seconds"),
        "scenes_sha256": scene.digest(text),
        "scenes": listed,
    }
    out.film_record.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def _listed(each: Scene, take: Take, at: float) -> dict[str, Any]:
    facts = {"id": each.id, "title": each.title, "start": at, "end": at + each.seconds}
    return facts | {"commit": take.commit, "recorded": take.recorded}


def _commit(root: Path) -> str:
    """Return the commit that is filmed; that the demo writes its results into tracked files says nothing of it."""
    return current_commit(root).removesuffix("-dirty")
