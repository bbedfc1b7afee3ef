"""The snapshot file: one line that says what is in it, then the pickled state."""

import json
from collections.abc import Collection
from dataclasses import dataclass

from mlops_lab.errors import LabError
from mlops_lab.localcloud.plane.blobs import START_AFRESH, digest_of

FORMAT = 1


@dataclass(frozen=True)
class Snapshot:
    """A state and what it needs: the moto that wrote it, and the blobs it refers to."""

    state: bytes
    moto: str  # version
    blobs: Collection[str]  # SHA-256s

    def encode(self) -> bytes:
        """Return the file's content."""
        head = {"format": FORMAT, "moto": self.moto, "sha256": digest_of(self.state), "blobs": sorted(self.blobs)}
        return json.dumps(head).encode() + b"\n" + self.state

    @classmethod
    def decode(cls, content: bytes, moto: str) -> "Snapshot":
        """Return the snapshot of a file's content.

        Raises:
            LabError: It is damaged, or another version of moto wrote it.
        """
        line, _, state = content.partition(b"\n")
        try:
            head = json.loads(line)
            written = head["format"], head["moto"], head["sha256"], head["blobs"]
        except (ValueError, TypeError, KeyError):
            raise _damaged() from None
        if written[:2] != (FORMAT, moto):
            raise LabError(
                f"the cloud's state was written with moto {head['moto']} and this is moto {moto}; "
                f"install moto=={head['moto']}, or run `make reset` to start afresh."
            )
        if digest_of(state) != head["sha256"]:
            raise _damaged()
        return cls(state, moto, frozenset(head["blobs"]))


def _damaged() -> LabError:
    return LabError(f"the newest snapshot of the cloud's state is damaged; {START_AFRESH}.")
