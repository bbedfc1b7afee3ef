"""Scores of model versions from the prediction log as it grows: every object is read once."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from mlops_lab import catalog
from mlops_lab.pipeline.profile import bin_numbers

COLUMNS = ["request_id", "row", "logged_at", "model_version", "score"]


class ScoreLog:
    """One project's log from a moment on."""

    def __init__(self, s3: Any, bucket: str, project: str, since: datetime):
        self._s3, self._bucket, self._project, self._since = s3, bucket, project, since
        self._seen: set[str] = set()
        self._rows: dict[tuple[str, int], tuple[datetime, str, float]] = {}  # request and row -> when, version, score

    def counts(self, start: datetime, versions: Sequence[str], edges: Sequence[float]) -> Mapping[str, tuple[int, ...]]:
        """Count the scores of rows that were logged from `start` on, by version and bin.

        Args:
            start: Not before the moment from which the log is read.
            versions: Of the model.
            edges: Inner edges of the bins.
        """
        self._read_on()
        found = {
            version: [score for when, by, score in self._rows.values() if by == version and when >= start]
            for version in versions
        }
        return {version: tuple(bin_numbers(list(edges), np.asarray(scores))) for version, scores in found.items()}

    def _read_on(self) -> None:
        now, hour = datetime.now(UTC), self._since.replace(minute=0, second=0, microsecond=0)
        while hour <= now:
            for key in self._new(catalog.predictions_prefix(self._project, hour)):
                self._take(key)
                self._seen.add(key)
            hour += timedelta(hours=1)

    def _new(self, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        items = [item for page in pages for item in page.get("Contents", [])]
        oldest = self._since - timedelta(seconds=1)  # S3 tells seconds
        return [each["Key"] for each in items if each["Key"] not in self._seen and each["LastModified"] >= oldest]

    def _take(self, key: str) -> None:
        body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        for each in pq.read_table(BytesIO(body), columns=COLUMNS).to_pylist():
            row = (each["request_id"], each["row"])
            self._rows.setdefault(row, (each["logged_at"], each["model_version"], each["score"]))
