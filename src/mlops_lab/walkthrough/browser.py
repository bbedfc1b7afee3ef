"""A headless Chromium that draws HTML and looks at pages; whatever it makes is a PNG in the size that is asked for."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mlops_lab.errors import LabError
from mlops_lab.walkthrough.scene import View
from mlops_lab.walkthrough.stage import CONTENT, WIDTH

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge")
APPLICATIONS = (  # of macOS, which are on no PATH
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
SCALE = 1.5  # pixels of the film for each of a page
MARGIN = 56  # pixels of a page above what is scrolled to
SETTLED = 2500  # milliseconds in which a page that is loaded draws its charts
PATIENCE = 60_000  # milliseconds in which a page must be loaded
APPEARS = 20_000  # milliseconds in which what is looked at must be there
STEPS, STEP = 10, 1 / 15  # of scrolling: pictures, and seconds of each


def executable() -> str:
    """Return the browser that is installed.

    Raises:
        LabError: There is none.
    """
    found = [path for name in NAMES if (path := shutil.which(name))]
    found += [path for path in APPLICATIONS if Path(path).is_file()]
    if not found:
        raise LabError(
            "No Chromium is installed, which draws the film's pages; `apt install chromium`, `brew install --cask "
            "chromium`, or install Google Chrome."
        )
    return found[0]


class Browser:
    """An open browser; `opened` makes one."""

    def __init__(self, chromium: Any):
        self._stage = chromium.new_page(viewport={"width": WIDTH, "height": CONTENT})
        size = {"width": round(WIDTH / SCALE), "height": round(CONTENT / SCALE)}
        self._page = chromium.new_page(viewport=size, device_scale_factor=SCALE, color_scheme="light")
        self._at = ""

    def draw(self, html: str, height: int) -> bytes:
        """Draw HTML of the stage's width."""
        self._stage.set_viewport_size({"width": WIDTH, "height": height})
        self._stage.set_content(html)
        return bytes(self._stage.screenshot())

    def look(self, view: View) -> Iterator[tuple[bytes, float | None]]:
        """Give the pictures on the way to a view with their seconds, and the view itself, which may stay.

        Raises:
            LabError: The page cannot be opened, or does not show what is looked at.
        """
        from playwright.sync_api import Error

        try:
            if self._at != view.page:
                self._open(view)
            else:
                yield from self._scrolled(self._offset(view))
            yield bytes(self._page.screenshot()), None
        except Error as error:
            said = " ".join(str(error).split())[:200]
            raise LabError(f"{view.page} does not show what the scene looks at ({said}); open it by hand.") from None

    def _open(self, view: View) -> None:
        self._page.goto(view.page, wait_until="load", timeout=PATIENCE)
        if view.shows:
            self._page.locator(view.shows).first.wait_for(timeout=APPEARS)
        for each in view.click:
            self._page.locator(each).first.click(timeout=APPEARS)
        self._page.wait_for_timeout(SETTLED)
        self._at = view.page
        self._page.evaluate("y => window.scrollTo(0, y)", self._offset(view))

    def _scrolled(self, offset: float) -> Iterator[tuple[bytes, float]]:
        start = float(self._page.evaluate("window.scrollY"))
        for step in range(1, STEPS):
            share = step / STEPS
            eased = share * share * (3 - 2 * share)
            self._page.evaluate("y => window.scrollTo(0, y)", start + (offset - start) * eased)
            yield bytes(self._page.screenshot()), STEP
        self._page.evaluate("y => window.scrollTo(0, y)", offset)

    def _offset(self, view: View) -> float:
        if not view.at:
            return 0.0
        found = self._page.locator(view.at).first
        found.wait_for(timeout=APPEARS)
        return float(found.evaluate("each => each.getBoundingClientRect().top + window.scrollY")) - MARGIN


@contextmanager
def opened() -> Iterator[Browser]:
    """Open the installed browser; nothing of it is left afterwards.

    Raises:
        LabError: There is none, or the film's tools are not installed.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise LabError(
            "playwright is not installed, which steers the browser; `make walkthrough` installs it."
        ) from None
    path = executable()
    # Chromium has no sandbox for root, as whom containers run.
    arguments: Sequence[str] = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(
            executable_path=path, args=[*arguments, "--hide-scrollbars", "--force-color-profile=srgb"]
        )
        try:
            yield Browser(chromium)
        finally:
            chromium.close()
