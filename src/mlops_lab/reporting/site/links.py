"""Looks for what is broken in a folder of pages: links and anchors that lead nowhere, requests that leave it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

LOADING = {("link", "href"), ("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("video", "src")}
CARRIED = ("data", "mailto", "about", "javascript")  # schemes that reach for nothing when a page is opened


@dataclass
class Page(HTMLParser):
    """What a page points at, and what may be pointed at in it."""

    targets: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Start reading."""
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag's links and name."""
        given = dict(attrs)
        self.anchors |= {value for name in ("id", "name") if (value := given.get(name))}
        for name in ("href", "src"):
            if (value := given.get(name)) is not None:
                self.targets.append(value)
                self.loaded += [value] if (tag, name) in LOADING else []


def broken(folder: Path) -> list[str]:
    """Return a line for each link, picture or anchor of the folder's pages that does not exist in it."""
    pages = {path: read(path) for path in sorted(folder.rglob("*.html"))}
    return [line for path, page in pages.items() for line in _broken(path, page, pages, folder)]


def external(folder: Path) -> list[str]:
    """Return a line for each thing that a page would fetch from elsewhere when it is opened."""
    pages = {path: read(path) for path in sorted(folder.rglob("*.html"))}
    return [
        f"{path.relative_to(folder)}: {target}"
        for path, page in pages.items()
        for target in page.loaded
        if (urlsplit(target).scheme or target.startswith("//")) and urlsplit(target).scheme not in CARRIED
    ]


def read(path: Path) -> Page:
    """Read a page."""
    page = Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _broken(path: Path, page: Page, pages: dict[Path, Page], folder: Path) -> Iterator[str]:
    for target in page.targets:
        if urlsplit(target).scheme or target.startswith("//"):
            continue
        name, anchor = urldefrag(target)
        file = (path.parent / unquote(name)).resolve() if name else path
        if not file.is_file() or folder.resolve() not in file.resolve().parents:
            yield f"{path.relative_to(folder)}: {target} does not exist in the site"
        elif anchor and file in pages and unquote(anchor) not in pages[file].anchors:
            yield f"{path.relative_to(folder)}: {target} names no anchor"
