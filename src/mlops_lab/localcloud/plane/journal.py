"""The write-ahead journal: records that are whole or not there.

A record is a header of 12 bytes (length of the payload, CRC-32 of that length, CRC-32 of the payload) and the payload.
A process killed while it writes leaves a record that is too short, and only at the end: that one was never
acknowledged and is dropped. Anything else that does not add up is damage, and is said, never skipped.
A record is handed to the operating system, not forced to the disk: it survives a killed process, not a power cut.
"""

import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mlops_lab.errors import LabError
from mlops_lab.localcloud.plane.blobs import START_AFRESH

_HEADER = struct.Struct(">III")
_LENGTH = struct.Struct(">I")


def frame(payload: bytes) -> bytes:
    """Return a payload as a record."""
    length = len(payload)
    return _HEADER.pack(length, zlib.crc32(_LENGTH.pack(length)), zlib.crc32(payload)) + payload


@dataclass(frozen=True)
class Record:
    """A payload and the offset where its record ends."""

    payload: bytes
    end: int


def read_records(path: Path) -> Iterator[Record]:
    """Yield each whole record; one that is cut off at the end is left out.

    Raises:
        LabError: A record is damaged.
    """
    size = path.stat().st_size
    offset = 0
    with path.open("rb") as file:
        while size - offset >= _HEADER.size:
            length, length_sum, payload_sum = _HEADER.unpack(file.read(_HEADER.size))
            if zlib.crc32(_LENGTH.pack(length)) != length_sum:
                raise _damaged(path, offset)
            if offset + _HEADER.size + length > size:
                return
            payload = file.read(length)
            if zlib.crc32(payload) != payload_sum:
                raise _damaged(path, offset)
            offset += _HEADER.size + length
            yield Record(payload, offset)


def _damaged(path: Path, offset: int) -> LabError:
    return LabError(f"{path} is damaged at byte {offset}, so the cloud's state cannot be restored; {START_AFRESH}.")


class Journal:
    """An open journal: appends records, and drops a half-written one when it is opened."""

    def __init__(self, path: Path, length: int = 0) -> None:
        """Open a journal whose whole records end at `length`."""
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        os.ftruncate(self._descriptor, length)
        self.length = length

    def append(self, payload: bytes) -> None:
        """Write one record; on a full disk nothing of it remains, and the OSError tells."""
        record = memoryview(frame(payload))
        written = 0
        try:
            while written < len(record):
                written += os.pwrite(self._descriptor, record[written:], self.length + written)
        except OSError:
            os.ftruncate(self._descriptor, self.length)
            raise
        self.length += len(record)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
