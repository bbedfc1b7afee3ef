"""The content of a large S3 object, left on disk until it is read."""

from mlops_lab.localcloud.plane.blobs import Blobs


class BlobFile:
    """Stands in for the temporary file in which moto keeps an object's content."""

    def __init__(self, blobs: Blobs, digest: str) -> None:
        self.digest = digest
        self._path = blobs.path(digest)
        self._position = 0

    def seek(self, position: int) -> None:
        """Go to an offset from the start."""
        self._position = position

    def read(self, count: int = -1) -> bytes:
        """Read from the position, to the end by default."""
        with self._path.open("rb") as file:
            file.seek(self._position)
            content = file.read(count)
        self._position += len(content)
        return content

    def close(self) -> None:
        """Nothing is open between reads."""
