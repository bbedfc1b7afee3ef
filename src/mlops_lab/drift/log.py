"""The prediction log and the labels of a project, from S3 into Ibis tables."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow.parquet as pq

from mlops_lab.data.predictions import readable
from mlops_lab.errors import LabError
from mlops_lab.pipeline.performance import KEY
from mlops_lab.projects.project import Window

PARTITION = re.compile(r"/date=(\d{4}-\d{2}-\d{2})/")
DOWNLOADS = 8  # at a time


def fetch(s3: Any, bucket: str, prefix: str, folder: Path, days: Window | None = None) -> list[Path]:
    """Download the Parquet files below a prefix into a folder; return them in the order of their keys.

    Args:
        s3: A client.
        bucket: Where they are.
        prefix: Of their keys.
        folder: Made if it does not exist.
        days: Of the partitions (`date=2020-04-01`) that are wanted; None: all.

    Raises:
        LabError: One of them is no Parquet file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {key: folder / f"{index:06}.parquet" for index, key in enumerate(_keys(s3, bucket, prefix, days))}
    with ThreadPoolExecutor(DOWNLOADS, thread_name_prefix="download") as pool:
        list(pool.map(lambda item: _download(s3, bucket, *item), wanted.items()))
    return list(wanted.values())


def open_once(database: Any, name: str, files: list[Path]) -> ir.Table | None:
    """Open Parquet files as one table of a DuckDB connection, each request's row once; None where there is no file.

    The log delivers at least once; a row that came twice is the same row.

    Raises:
        LabError: A file is damaged behind its footer, or two have a column in types that do not meet.
    """
    if not files:
        return None
    try:
        read = database.read_parquet([str(file) for file in files], union_by_name=True)
        return database.create_table(name, obj=once(read))
    except duckdb.Error as error:
        said = " ".join(str(error).split())[:300]
        raise LabError(
            f"The Parquet files of the {name} cannot be read together ({said}); move a damaged one away."
        ) from error


def once(rows: ir.Table) -> ir.Table:
    """Keep one of the rows that have the same request and row."""
    return rows.distinct(on=list(KEY), keep="first") if set(KEY) <= set(rows.columns) else rows


@contextmanager
def connected(folder: Path) -> Iterator[Any]:
    """Give a DuckDB connection that keeps its tables in a folder: a log may be larger than memory."""
    database = ibis.duckdb.connect(folder / "log.duckdb", temp_directory=str(folder / "spilled"))
    try:
        yield database
    finally:
        database.disconnect()


def _download(s3: Any, bucket: str, key: str, file: Path) -> None:
    s3.download_file(bucket, key, str(file))
    with readable(f"s3://{bucket}/{key}"):
        pq.read_metadata(file)


def _keys(s3: Any, bucket: str, prefix: str, days: Window | None) -> Iterator[str]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            if item["Key"].endswith(".parquet") and (days is None or _of(days, item["Key"])):
                yield item["Key"]


def _of(days: Window, key: str) -> bool:
    partition = PARTITION.search(key)
    return partition is None or days.start <= date.fromisoformat(partition[1]) < days.end
