"""The log as a serving process has it: a journal, and the shipper behind it."""

from collections.abc import Mapping, Sequence
from typing import Any

from mlops_lab.cloud import session
from mlops_lab.errors import LabError
from mlops_lab.serving.prediction_log.journal import Journal
from mlops_lab.serving.prediction_log.record import Request, header
from mlops_lab.serving.prediction_log.shipper import Put, Shipper
from mlops_lab.settings import PredictionLogSettings

DRAIN_SECONDS = 5.0  # for the last pass, after the requests in flight; ECS sends SIGKILL 30 s after SIGTERM


class PredictionLog:
    """Writes answers down and ships them."""

    def __init__(self, journal: Journal, shipper: Shipper):
        self._journal, self._shipper = journal, shipper

    def append(
        self, requests: Sequence[Request], columns: Mapping[str, Sequence[Any]], scores: Sequence[float]
    ) -> None:
        """Write down what was asked and is about to be answered together, or shed and count it."""
        self._journal.append(requests, columns, scores)

    def start(self) -> None:
        """Begin to ship, first what an earlier process has left."""
        self._shipper.start()

    def close(self) -> None:
        """Ship the rest, waiting for DRAIN_SECONDS at most."""
        self._shipper.close(DRAIN_SECONDS)

    @property
    def state(self) -> dict[str, int]:
        """Rows logged, shed and shipped since the start, and bytes that wait in the folder."""
        counts = self._journal.counts
        waiting = self._journal.waiting_bytes
        return {
            "logged": counts.logged,
            "shed": counts.shed,
            "shipped": self._shipper.shipped,
            "waiting_bytes": waiting,
        }


def open_log(
    settings: PredictionLogSettings, project: str, model_version: str, schema: Mapping[str, Any], region: str | None
) -> PredictionLog | None:
    """Return the log of a model, not started, or None where the task has none.

    Raises:
        LabError: There is a folder and no bucket, or a field of the request has the name of one of the log's columns.
    """
    if settings.folder is None:
        return None
    if settings.bucket is None:
        raise LabError("PREDICTION_LOG_FOLDER is set and PREDICTION_LOG_BUCKET is not; set both, or none.")
    journal = Journal(settings.folder, header(project, model_version, schema), settings.limit_bytes)
    return PredictionLog(journal, Shipper(journal, _bucket(settings.bucket, region), settings.seconds))


def _bucket(bucket: str, region: str | None) -> Put:
    client: list[Any] = []  # made by the shipper's thread when there is something to ship

    def put(key: str, content: bytes) -> None:
        with session.explained():
            if not client:
                client.append(session.task_client("s3", region))
            client[0].put_object(Bucket=bucket, Key=key, Body=content)

    return put
