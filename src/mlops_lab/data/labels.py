"""True outcomes of predictions, which arrive later as a feed of their own: Parquet files, joined by request and row."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any, NamedTuple
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from mlops_lab import catalog

SCHEMA = pa.schema([("request_id", pa.string()), ("row", pa.int32()), ("label", pa.float64())])


class Label(NamedTuple):
    """What came of a row of a request."""

    request_id: str
    row: int
    label: float  # in the target's unit; 0 or 1 for a classification


def deliver(s3: Any, bucket: str, project: str, labels: Sequence[Label]) -> str:
    """Put labels into the bucket of the predictions and return their key; one that comes twice is the same label."""
    key = f"{catalog.labels_prefix(project)}{uuid4().hex}.parquet"
    table = pa.table(dict(zip(SCHEMA.names, zip(*labels, strict=True), strict=True)), schema=SCHEMA)
    content = BytesIO()
    pq.write_table(table, content)
    s3.put_object(Bucket=bucket, Key=key, Body=content.getvalue())
    return key
