"""A film of a few seconds, from its scenes to what a player sees."""

import os
from pathlib import Path

import pytest

from mlops_lab.errors import LabError
from mlops_lab.progress import silent
from mlops_lab.reporting.site.records import Kept
from mlops_lab.settings import Settings
from mlops_lab.walkthrough import browser, captions, ffmpeg, scene
from mlops_lab.walkthrough.record import FOLDER, walkthrough

SCENES = """
[[scene]]
id = "card"
title = "A card"
seconds = 2
card = ["Hello"]
captions = ["one & only"]

[[scene]]
id = "terminal"
title = "A terminal"
seconds = 5
command = "echo working; sleep 0.2; echo done"
captions = ["first", "second"]

[[scene]]
id = "page"
title = "A page"
seconds = 3
views = [{ page = "PAGE" }, { page = "PAGE", at = "#end" }]
captions = ["a page and its end"]
"""
PAGE = (
    '<body style="background:#fff"><h1>Top</h1><div style="height:3000px"></div><h1 id="end" style="color:red">End</h1>'
)


@pytest.fixture(scope="module")
def chromium() -> str:
    try:
        return browser.executable()
    except LabError as error:
        if os.environ.get("REQUIRE_CHROMIUM") == "1" or os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path, state=Path(".lab"))


def scenes(folder: Path) -> str:
    page = folder / "page.html"
    page.write_text(PAGE)
    return SCENES.replace("PAGE", page.as_uri())


@pytest.mark.usefixtures("chromium")
def test_a_film_plays_for_its_seconds_shows_its_scenes_and_carries_its_captions(settings: Settings) -> None:
    text = scenes(settings.root)

    film = walkthrough(settings, text, ["card", "terminal", "page"], True, silent)

    facts, samples = ffmpeg.facts(film), ffmpeg.samples(film, 1)
    assert (facts.video, facts.width, facts.height, round(facts.seconds)) == ("h264", 1920, 1080, 10)
    card, terminal, top, end = samples[0], samples[5], samples[7], samples[9]
    assert max(terminal) < 250 < max(top)
    assert len({card, terminal, top, end}) == 4
    written = captions.cues(scene.read(text))
    assert Kept(settings.state_dir / FOLDER).captions.read_text() == captions.vtt(written)
    assert [cue.text for cue in captions.parse(ffmpeg.subtitles(film))] == [cue.text for cue in written]


@pytest.mark.usefixtures("chromium")
def test_a_page_that_lacks_what_is_looked_at_stops_the_film_and_takes_so_far_are_kept(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "APPEARS", 500)
    text = scenes(settings.root).replace("#end", "#nowhere")

    with pytest.raises(LabError, match=r"page\.html does not show .*#nowhere"):
        walkthrough(settings, text, ["card", "page"], True, silent)

    assert (settings.state_dir / FOLDER / "takes" / "card" / "take.json").is_file()
    assert not Kept(settings.state_dir / FOLDER).film.exists()


def test_a_torn_film_cannot_be_decoded(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"\0" * 1000)

    with pytest.raises(LabError, match="cannot be decoded"):
        ffmpeg.samples(film, 1)
