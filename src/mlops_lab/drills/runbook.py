"""The RUNBOOK's entries: their text, and the commands of diagnosis, mitigation and verification. Pure."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PARTS = ("Diagnosis", "Mitigation", "Verify")
_BLOCK = re.compile(r"```bash\n(.*?)```", re.S)
_INLINE = re.compile(r"`(make [^`]+)`")


@dataclass(frozen=True)
class Entry:
    """One failure: its name, the hash of its text, the commands of each part."""

    name: str
    sha256: str
    commands: Mapping[str, tuple[str, ...]]


def entries(path: Path) -> dict[str, Entry]:
    """Return the entries of a RUNBOOK by name."""
    sections = path.read_text(encoding="utf-8").split("\n## ")[1:]
    return {entry.name: entry for entry in map(read, sections)}


def read(section: str) -> Entry:
    """Return the entry of a section; a part without a block has the `make` commands that its text names."""
    name, _, text = section.partition("\n")
    digest = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
    return Entry(name.strip(), digest, {part: _commands(_part(text, part)) for part in PARTS})


def _part(text: str, part: str) -> str:
    after = text.partition(f"**{part}**")[2]
    return re.split(r"\*\*(?:Diagnosis|Mitigation|Verify)\*\*", after)[0]


def _commands(text: str) -> tuple[str, ...]:
    blocks = [line.strip() for block in _BLOCK.findall(text) for line in block.splitlines()]
    return tuple(filter(None, blocks)) or tuple(dict.fromkeys(_INLINE.findall(text.replace("\n", " "))))
