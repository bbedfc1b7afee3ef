"""What the film shows, scene by scene, read from data. Pure."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from importlib.resources import files
from typing import Any

from mlops_lab.errors import LabError

FILE = "scenes.toml"
KINDS = ("card", "command", "views")


@dataclass(frozen=True)
class View:
    """A page in the browser and what of it is looked at."""

    page: str  # an address; names in braces are places of the lab
    shows: str = ""  # selector of what must be there before anything is filmed
    click: tuple[str, ...] = ()  # selectors of what is clicked first, in turn
    at: str = ""  # selector of what is scrolled to; nothing: the top


@dataclass(frozen=True)
class Scene:
    """One scene: exactly one of a card, a command in a terminal, or views of pages."""

    id: str
    title: str
    seconds: float
    captions: tuple[str, ...]  # shown one after the other
    card: tuple[str, ...] = ()  # lines of a title card
    command: str = ""  # for bash, in the checkout
    accepted: tuple[int, ...] = (0,)  # exit codes with which the command may end
    views: tuple[View, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of what the scene is; a scene that is changed has another."""
        return sha256(repr(asdict(self)).encode()).hexdigest()


def source() -> str:
    """Return the text of the scenes' file."""
    return files(__package__).joinpath(FILE).read_text(encoding="utf-8")


def digest(text: str) -> str:
    """SHA-256 of the scenes' file, as a film's record keeps it."""
    return sha256(text.encode()).hexdigest()


def read(text: str) -> tuple[Scene, ...]:
    """Read scenes from TOML.

    Raises:
        LabError: The text is no TOML, or a scene is incomplete or has a key that no scene has.
    """
    try:
        tables = tomllib.loads(text).get("scene", [])
    except tomllib.TOMLDecodeError as error:
        raise LabError(f"{FILE} is no TOML ({error}); correct it.") from None
    scenes = tuple(_scene(table) for table in tables)
    if len({scene.id for scene in scenes}) != len(scenes):
        raise LabError(f"{FILE} names a scene twice; every id must be another.")
    return scenes


def chosen(scenes: Sequence[Scene], names: Sequence[str]) -> tuple[Scene, ...]:
    """Return the scenes of these ids, in the film's order.

    Raises:
        LabError: There is no scene of a name.
    """
    known = [scene.id for scene in scenes]
    if unknown := [name for name in names if name not in known]:
        raise LabError(f"SCENES names {unknown[0]!r}; use some of {', '.join(known)}.")
    return tuple(scene for scene in scenes if scene.id in names)


def _scene(table: Mapping[str, Any]) -> Scene:
    name = table.get("id", table.get("title", "?"))
    if unknown := sorted(set(table) - {field.name for field in fields(Scene)}):
        raise LabError(f"Scene {name!r} of {FILE} has the key {unknown[0]!r}, which no scene has; correct it.")
    try:
        views = tuple(View(**_frozen(each)) for each in table.get("views", []))
        scene = Scene(**_frozen(table) | {"views": views})
    except TypeError as error:
        raise LabError(f"Scene {name!r} of {FILE} is incomplete ({error}); correct it.") from None
    kinds = [kind for kind in KINDS if getattr(scene, kind)]
    if len(kinds) != 1 or not scene.captions or scene.seconds <= 0:
        raise LabError(f"Scene {name!r} of {FILE} needs seconds, captions, and one of {', '.join(KINDS)}; correct it.")
    return scene


def _frozen(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
