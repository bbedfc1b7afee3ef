"""The short form in which a widget lists its metrics, written out. Pure."""

from collections.abc import Sequence
from typing import Any

from mlops_lab.reporting.dashboard.widget import Json

SAME, REST = ".", "..."
Entry = tuple[tuple[str, ...], Json]  # namespace, metric, dimension names and values; options


def expanded(metrics: Sequence[Sequence[Any]]) -> list[Entry]:
    """Write out a ``metrics`` array: ``.`` repeats the element above it, ``...`` all that are not given.

    An entry of options alone is an expression and has no names.

    Raises:
        ValueError: A short form has nothing above it to repeat.
    """
    found: list[Entry] = []
    above: tuple[str, ...] = ()
    for entry in metrics:
        options = entry[-1] if entry and isinstance(entry[-1], dict) else {}
        given = [str(each) for each in (entry[:-1] if options or _ends_empty(entry) else entry)]
        named = _written_out(given, above)
        found.append((named, options))
        above = named or above
    return found


def _ends_empty(entry: Sequence[Any]) -> bool:
    return bool(entry) and entry[-1] == {}


def _written_out(given: Sequence[str], above: tuple[str, ...]) -> tuple[str, ...]:
    if REST in given:
        at = given.index(REST)
        before, after = given[:at], given[at + 1 :]
        middle = above[len(before) : len(above) - len(after)]
        given = [*before, *middle, *after]
    if SAME in given[len(above) :] or REST in given:
        raise ValueError(f"{given} repeats what is not above it")
    return tuple(above[index] if each == SAME else each for index, each in enumerate(given))
