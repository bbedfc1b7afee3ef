"""A text widget's Markdown: as HTML for the page, as lines for the picture. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from markdown_it import MarkdownIt
from markdown_it.token import Token

Kind = Literal["heading", "item", "text", "code"]


@dataclass(frozen=True)
class Block:
    """A paragraph of a note without its markup."""

    kind: Kind
    text: str
    level: int = 0  # of a heading, from 1


def html(markdown: str) -> str:
    """Return a note as HTML; HTML that stands in it is shown, not obeyed."""
    return str(_reader().render(markdown))


def blocks(markdown: str) -> list[Block]:
    """Return a note's paragraphs in their order; each row of a table is one."""
    return list(_blocks(_reader().parse(markdown)))


def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


def _blocks(tokens: list[Token]) -> Iterator[Block]:
    within: list[str] = []
    row: list[str] = []
    for token in tokens:
        if token.type == "fence":
            yield from (Block("code", line) for line in token.content.splitlines())
        elif token.type == "inline" and "tr" in within:
            row.append(_plain(token))
        elif token.type == "inline":
            yield _block(within, _plain(token))
        elif token.type == "tr_close":
            yield Block("text", "   ".join(row))
            row = []
        within = _entered(within, token)


def _entered(within: list[str], token: Token) -> list[str]:
    if token.nesting == 0:
        return within
    return [*within, token.tag] if token.nesting > 0 else within[:-1]


def _block(within: list[str], text: str) -> Block:
    heading = next((tag for tag in within if tag in ("h1", "h2", "h3", "h4", "h5", "h6")), None)
    if heading:
        return Block("heading", text, int(heading[1]))
    return Block("item" if "li" in within else "text", text)


def _plain(token: Token) -> str:
    parts = (" " if each.type in ("softbreak", "hardbreak") else each.content for each in token.children or [])
    return "".join(parts)
