"""The same expressions on Spark, where Java and the extra `spark` are."""

import os
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pytest
from tests.unit.pipeline.test_counting import reference_of, rows

from mlops_lab.pipeline.counting import count
from mlops_lab.pipeline.performance import measure
from mlops_lab.pipeline.reference import Losses

pytestmark = [
    pytest.mark.java,
    pytest.mark.skipif(
        shutil.which("java") is None or find_spec("pyspark") is None, reason="needs Java and `pip install '.[spark]'`"
    ),
]
LOSSES = Losses("mae", 1_000, 0.3, 0.2)


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    from pyspark.sql import SparkSession

    here = tmp_path_factory.mktemp("spark")
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.sql.shuffle.partitions", "2").config("spark.driver.host", "127.0.0.1")
    session = (
        builder.config("spark.sql.warehouse.dir", str(here)).config("spark.sql.session.timeZone", "UTC").getOrCreate()
    )
    yield ibis.pyspark.connect(session)
    session.stop()


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A log and its labels as Parquet."""
    frame = rows(2_000, 1).assign(request_id=[f"r{index}" for index in range(2_000)], row=0)
    labels = frame[["request_id", "row"]].assign(label=np.linspace(0, 1, 2_000))
    found = {"log": frame, "labels": labels}
    for name, each in found.items():
        each.to_parquet(tmp_path / f"{name}.parquet", coerce_timestamps="us")
    return {name: str(tmp_path / f"{name}.parquet") for name in found}


def test_spark_counts_what_duckdb_counts(spark: Any, files: dict[str, str]) -> None:
    reference = reference_of(rows(2_000, 99))
    duckdb = count(ibis.duckdb.connect().read_parquet(files["log"]), reference)

    tally = count(spark.read_parquet(files["log"]), reference)

    assert (tally.rows, tally.numbers, tally.categories) == (duckdb.rows, duckdb.numbers, duckdb.categories)
    assert {name: sorted(days) for name, days in tally.days.items()} == {
        name: sorted(days) for name, days in duckdb.days.items()
    }


def test_spark_measures_what_duckdb_measures(spark: Any, files: dict[str, str]) -> None:
    database = ibis.duckdb.connect()
    duckdb = measure(*(database.read_parquet(files[name]) for name in ("log", "labels")), LOSSES)

    found = measure(*(spark.read_parquet(files[name]) for name in ("log", "labels")), LOSSES)

    assert found.rows == duckdb.rows == 2_000
    assert (found.mean, *found.interval) == pytest.approx((duckdb.mean, *duckdb.interval))
