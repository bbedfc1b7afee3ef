"""Looks for secrets where none may be: each value, as it is and as text carries it, in all that a place holds. Pure."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from mlops_lab.errors import LabError

SHORTEST = 8  # characters of a value that can be told from chance


@dataclass(frozen=True)
class Place:
    """Somewhere that a secret could have got to."""

    name: str
    marker: bytes  # what it surely holds: where that is not found, the place was not really read
    read: Callable[[], Iterable[bytes]]


@dataclass(frozen=True)
class Seen:
    """What a place held."""

    place: str
    size: int  # bytes
    found: tuple[str, ...]  # names of the secrets that lie there


def look(place: Place, secrets: Mapping[str, str]) -> Seen:
    """Read a place to its end and tell which secrets lie there.

    Args:
        place: Where.
        secrets: Name -> value, of at least `SHORTEST` characters.

    Raises:
        LabError: The place does not hold its marker, or a value is too short to be looked for.
    """
    needles = {name: forms(value) for name, value in secrets.items()}
    wanted = {each for every in needles.values() for each in every} | {place.marker}
    overlap = max(map(len, wanted)) - 1
    seen, size, tail = set[bytes](), 0, b""
    for chunk in place.read():
        window = tail + chunk
        seen |= {each for each in wanted - seen if each in window}
        size, tail = size + len(chunk), window[-overlap:]
    if place.marker not in seen:
        raise LabError(f"{place.name} was not read: its {size} bytes do not hold {place.marker.decode()!r}.")
    return Seen(place.name, size, tuple(name for name, every in needles.items() if every & seen))


def forms(value: str) -> frozenset[bytes]:
    """Return how a value may stand in a text: as it is, quoted for JSON or a URL, or inside something in base 64.

    Raises:
        LabError: It is shorter than `SHORTEST`.
    """
    if len(value) < SHORTEST:
        raise LabError(f"A value of {len(value)} characters cannot be told from chance; use {SHORTEST} at least.")
    plain = value.encode()
    quoted = {json.dumps(value)[1:-1].encode(), quote(value, safe="").encode()}
    return frozenset({plain, *quoted, *(_inside_base64(plain, offset) for offset in range(3))})


def secret_part(value: str) -> str | None:
    """Return what of a parameter's value must be hidden: of a URI its password, if it has one, else all of it."""
    if "://" not in value:
        return value
    return urlsplit(value).password


def _inside_base64(plain: bytes, offset: int) -> bytes:
    """The characters that stand for these bytes alone, where `offset` bytes precede them in their group of three."""
    encoded = b64encode(bytes(offset) + plain).rstrip(b"=")
    start = (8 * offset + 5) // 6
    end = len(encoded) - bool((offset + len(plain)) % 3)
    return encoded[start:end]
