"""Films one scene: its card, its command or its pages become stills that last as long as the scene."""

from collections.abc import Iterator
from pathlib import Path

from mlops_lab.walkthrough import stage
from mlops_lab.walkthrough.browser import Browser
from mlops_lab.walkthrough.places import Places
from mlops_lab.walkthrough.scene import Scene
from mlops_lab.walkthrough.screen import frames, merged
from mlops_lab.walkthrough.take import Still
from mlops_lab.walkthrough.terminal import record


def film(scene: Scene, browser: Browser, places: Places, root: Path) -> Iterator[Still]:
    """Give the stills of a scene as it happens now.

    Raises:
        LabError: Its command ends as it should not, or a page does not show what it should.
    """
    if scene.command:
        return _of_terminal(scene, browser, root)
    if scene.views:
        return _of_pages(scene, browser, places)
    return iter([Still(browser.draw(stage.card(scene.card), stage.CONTENT), scene.seconds)])


def _of_terminal(scene: Scene, browser: Browser, root: Path) -> Iterator[Still]:
    recording = record(scene, root)
    for frame in merged(list(frames(scene.command, recording, scene.seconds))):
        yield Still(browser.draw(stage.window(frame.html, frame.clock), stage.CONTENT), frame.seconds)


def _of_pages(scene: Scene, browser: Browser, places: Places) -> Iterator[Still]:
    """Show every view for an equal part of the scene; the way to it is in its part."""
    part = scene.seconds / len(scene.views)
    for view in scene.views:
        left = part
        for png, seconds in browser.look(places.resolved(view)):
            yield Still(png, left if seconds is None else seconds)
            left -= seconds or 0.0
