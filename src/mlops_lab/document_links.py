"""Links of the Markdown documents: files and headings that they name must exist; other sites are not asked."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

DOCUMENTS = ("README.md", "RUNBOOK.md", "data/PROVENANCE.md")


@dataclass(frozen=True)
class Document:
    """What a document points at, and the anchors that its headings have on GitHub."""

    targets: tuple[str, ...]
    anchors: frozenset[str]


def broken(root: Path) -> list[str]:
    """Return a line for each link or picture of the documents that leads to no file or heading of the checkout."""
    documents = {root / name: read((root / name).read_text(encoding="utf-8")) for name in DOCUMENTS}
    return [line for path, document in documents.items() for line in _broken(path, document, documents, root)]


def read(text: str) -> Document:
    """Read a document's links, pictures and headings. Pure."""
    from markdown_it import MarkdownIt

    targets: list[str] = []
    anchors: set[str] = set()
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for before, token in zip([None, *tokens], tokens, strict=False):
        if before is not None and before.type == "heading_open":
            anchors.add(anchor(token.content))
        for child in token.children or ():
            found = child.attrGet("href") or child.attrGet("src")
            targets += [str(found)] if found else []
    return Document(tuple(targets), frozenset(anchors))


def anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading. Pure."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _broken(path: Path, document: Document, known: Mapping[Path, Document], root: Path) -> Iterator[str]:
    for target in document.targets:
        if urlsplit(target).scheme:
            continue
        name, wanted = urldefrag(unquote(target))
        file = path.parent / name if name else path
        if not file.exists():
            yield f"{path.relative_to(root)}: {target} does not exist"
        elif wanted and file in known and wanted not in known[file].anchors:
            yield f"{path.relative_to(root)}: {target} names no heading"
