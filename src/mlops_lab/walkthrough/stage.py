"""What surrounds the content of a frame, as HTML: title, caption, terminal window, card. Pure; sizes in pixels."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from string import Template

WIDTH, HEIGHT = 1920, 1080
TOP, CONTENT, BOTTOM = 72, 882, 126  # heights of the title, of what is shown, of the caption


def surround(title: str, place: str, caption: str) -> str:
    """Return a whole frame without its content.

    Args:
        title: Of the scene.
        place: Of the scene in the film, such as 3 / 14.
        caption: What is said.
    """
    inner = (
        f'<div class="title"><b>{escape(title)}</b><span>{escape(place)}</span></div>'
        f'<div class="content"></div><div class="caption"><p>{_coded(caption)}</p></div>'
    )
    return _page(inner)


def window(screen: str, clock: str) -> str:
    """Return a terminal's window with the real time beside it; the screen is HTML."""
    note = f"real time {escape(clock)}, waiting shortened"
    return _page(
        f'<div class="window"><div class="bar"><i></i><i></i><i></i><span>{note}</span></div><pre>{screen}</pre></div>'
    )


def card(lines: Sequence[str]) -> str:
    """Return a title card: its first line large."""
    first, *others = lines
    rest = "".join(f"<p>{_coded(line)}</p>" for line in others)
    return _page(f'<div class="card"><h1>{escape(first)}</h1>{rest}</div>')


def _page(inner: str) -> str:
    frame = Template(files(__package__).joinpath("stage.html").read_text(encoding="utf-8"))
    return frame.substitute(inner=inner, top=TOP, content=CONTENT, bottom=BOTTOM)


def _coded(text: str) -> str:
    parts = escape(text, quote=False).split("`")
    return "".join(f"<code>{part}</code>" if odd % 2 else part for odd, part in enumerate(parts))
