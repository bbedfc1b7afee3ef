"""A take: a scene as it was recorded once, as pictures with their seconds, kept below the lab's state."""

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from mlops_lab.walkthrough.scene import Scene

RECORD = "take.json"


@dataclass(frozen=True)
class Still:
    """A picture of the content and how long it is shown."""

    png: bytes
    seconds: float


@dataclass(frozen=True)
class Take:
    """What was recorded of a scene."""

    scene: str
    digest: str  # of the scene as it was then
    commit: str
    recorded: str  # UTC
    stills: Sequence[tuple[str, float]]  # file and seconds


class Takes:
    """The takes in a folder, one of each scene."""

    def __init__(self, folder: Path):
        self._folder = folder

    def keep(self, scene: Scene, stills: Iterable[Still], commit: str) -> Take:
        """Keep a take in place of the one before, once it is whole."""
        trial = self._folder / f".{scene.id}"
        shutil.rmtree(trial, ignore_errors=True)
        trial.mkdir(parents=True)
        shown = []
        for number, still in enumerate(stills):
            (trial / f"{number:04}.png").write_bytes(still.png)
            shown.append((f"{number:04}.png", still.seconds))
        take = Take(scene.id, scene.digest, commit, datetime.now(UTC).isoformat(timespec="seconds"), shown)
        (trial / RECORD).write_text(json.dumps(asdict(take)))
        shutil.rmtree(self._folder / scene.id, ignore_errors=True)
        trial.rename(self._folder / scene.id)
        return take

    def find(self, scene: Scene) -> Take | None:
        """Return the take of a scene as it is now, or None where there is none."""
        path = self._folder / scene.id / RECORD
        if not path.is_file():
            return None
        take = Take(**json.loads(path.read_text()))
        return take if take.digest == scene.digest else None

    def picture(self, take: Take, name: str) -> Path:
        """File of a still."""
        return self._folder / take.scene / name
