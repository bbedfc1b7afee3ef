"""The prediction log as a table: what was asked and answered, each row once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mlops_lab import catalog, projects
from mlops_lab.cloud.session import account, client, explained
from mlops_lab.errors import LabError
from mlops_lab.settings import Settings

READERS = 8  # objects that are read at a time
KEY = ["request_id", "row"]
OWN = pa.schema(
    [
        ("request_id", pa.string()),
        ("row", pa.int32()),
        ("logged_at", pa.timestamp("us", "UTC")),
        ("model_version", pa.string()),
        ("latency_ms", pa.float64()),
        ("score", pa.float64()),
    ]
)


def read(settings: Settings, project: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Return what a project answered from `start` up to `end`, in order of time.

    A row that was shipped twice, or asked for twice under one request id, is there once, as it was logged first.
    The columns are the log's own and one for each field of the requests; none but its own where nothing was logged.

    Raises:
        LabError: There is no such project, or the bucket of the predictions does not exist.
    """
    return once(shipped(settings, project, start, end))


def shipped(settings: Settings, project: str, start: datetime, end: datetime) -> pd.DataFrame:
    """Return what `read` does with every copy of a row, as it stands in the bucket.

    Raises:
        LabError: There is no such project, or the bucket of the predictions does not exist.
    """
    name = projects.get(project).name
    bucket = catalog.predictions_bucket(account(settings))
    with explained(settings), ThreadPoolExecutor(READERS, thread_name_prefix="predictions") as pool:
        s3 = client(settings, "s3")
        keys = [key for prefix in _prefixes(name, start, end) for key in _keys(s3, bucket, prefix)]
        tables = list(pool.map(lambda key: _table(s3, bucket, key), keys))
    found = _joined(name, tables)
    return found.loc[found["logged_at"].between(start, end, inclusive="left")]


def once(logged: pd.DataFrame) -> pd.DataFrame:
    """Return each row of each request once, in order of time."""
    ordered = logged.sort_values(["logged_at", *KEY], kind="stable")
    return ordered.drop_duplicates(KEY).reset_index(drop=True)


def latest(settings: Settings, project: str, minutes: int) -> pd.DataFrame:
    """Return what a project answered in the last minutes.

    Raises:
        LabError: Nothing was logged, there is no such project, or no bucket.
    """
    now = datetime.now(UTC)
    found = read(settings, project, now - timedelta(minutes=minutes), now + timedelta(minutes=1))
    if found.empty:
        raise LabError(
            f"No prediction of {project} was logged in the last {minutes} minutes; ask for one with "
            f"`make predict PROJECT={project}`, or look further back with MINUTES=n."
        )
    return found


@contextmanager
def readable(place: str) -> Iterator[None]:
    """Turn what a damaged Parquet file raises inside into a LabError that names its place."""
    try:
        yield
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        said = " ".join(str(error).split())[:200]
        raise LabError(
            f"{place} is no Parquet file that can be read ({said}); move it out of the log's way."
        ) from error


def _joined(project: str, tables: list[Any]) -> pd.DataFrame:
    """Put tables below one another; a field that only some of the models have is empty in the rows of the others."""
    try:
        joined = pa.concat_tables([OWN.empty_table(), *tables], promote_options="permissive")
        frame: pd.DataFrame = joined.to_pandas()
    except UnicodeDecodeError as error:
        raise LabError(f"A file of {project}'s log names no time zone ({error}); read a shorter span.") from error
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise LabError(
            f"The models of {project} have a field in different types ({error}); read a shorter span."
        ) from error
    return frame


def _prefixes(project: str, start: datetime, end: datetime) -> Iterator[str]:
    """Key prefixes of the hours (UTC) of a span."""
    hour = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour < end:
        yield catalog.predictions_prefix(project, hour)
        hour += timedelta(hours=1)


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            yield item["Key"]


def _table(s3: Any, bucket: str, key: str) -> Any:
    content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    with readable(f"s3://{bucket}/{key}"):
        table = pq.read_table(BytesIO(content))
        table.validate(full=True)  # text that is no UTF-8 would raise where nobody knows the file any more
        return table.rename_columns(table.column_names)
