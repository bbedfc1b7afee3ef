"""Counting a log for drift against a plain scan of the same columns, and against Evidently's DataDriftPreset.

Usage: python benchmarks/drift.py [--rows 10000000] [--evidently PYTHON]

PYTHON is of an environment with Evidently (see benchmarks/evidently_preset.py); without it that part is left out.
A plain scan reads each column whole and adds it up, in the same engine on the same file (numbers their values, texts
their lengths), so that neither statistics nor an empty projection can answer for it.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mlops_lab.pipeline.comparison import SHIFT
from mlops_lab.pipeline.counting import count
from mlops_lab.pipeline.drift import Drift, compare
from mlops_lab.pipeline.features import Feature, FeatureSpec, compute
from mlops_lab.pipeline.profile import reference_profile
from mlops_lab.pipeline.reference import Reference, read_reference

BATCH, ROUNDS = 500_000, 3
MOST_SCANS, MOST_BYTES, LEAST_FASTER = 4.0, 1e9, 40.0
VALUES = {"c0": 2, "c1": 10, "c2": 30, "c3": 200}
NUMBERS = [f"{kind}{index}" for kind, many in (("normal", 5), ("skewed", 3), ("code", 3)) for index in range(many)]
BY_VALUE = ("code0", *VALUES)  # compared value by value, here and there
SPEC = FeatureSpec((*(Feature(name, "number") for name in NUMBERS), *(Feature(name, "category") for name in VALUES)))


def batch(rows: int, seed: int, shifted: bool) -> pa.Table:
    random = np.random.default_rng(seed)
    shift = 0.7 if shifted else 0.0
    columns: dict[str, Any] = {f"normal{i}": random.normal(i + (shift if i == 0 else 0), 1 + i, rows) for i in range(5)}
    columns |= {f"skewed{i}": random.lognormal(shift if i == 1 else 0, 1, rows) for i in range(3)}
    columns |= {f"code{i}": random.integers(0, 10 ** (i + 1), rows) for i in range(3)}
    for name, many in VALUES.items():
        shares = np.random.default_rng(many + (shifted and name == "c2")).dirichlet(np.full(many, 5.0))
        texts = pa.array([f"category {value}" for value in range(many)])
        drawn = pa.array(random.choice(many, rows, p=shares).astype(np.int32))
        columns[name] = pa.DictionaryArray.from_arrays(drawn, texts).cast(pa.string())
    columns["score"] = random.beta(2, 5, rows)
    columns["logged_at"] = pa.array([datetime(2026, 11, 1)] * rows, pa.timestamp("us"))
    return pa.table(columns)


def write(path: Path, rows: int, seed: int, shifted: bool = False) -> Path:
    with pq.ParquetWriter(path, batch(1, 0, False).schema) as writer:
        for part in range(-(-rows // BATCH)):
            writer.write_table(batch(min(BATCH, rows - part * BATCH), seed + part, shifted), row_group_size=125_000)
    return path


def learnt(path: Path) -> dict[str, Any]:
    columns = {name: column.to_numpy() for name, column in zip(*_columns(path), strict=True)}
    features = compute(SPEC, columns)
    return reference_profile(SPEC, features, columns["score"], "log_loss", np.array([0.3, 0.4]))


def _columns(path: Path) -> tuple[list[str], list[pa.ChunkedArray]]:
    table = pq.read_table(path)
    return table.column_names, table.columns


def scan(log: ir.Table) -> object:
    added = {name: (log[name].length() if name in VALUES else log[name]).sum() for name in (*NUMBERS, *VALUES, "score")}
    return log.aggregate(**added, latest=log["logged_at"].epoch_seconds().sum()).to_pyarrow()


def best(*works: Callable[[], object]) -> list[float]:
    """Seconds of each work, the best of some rounds in which they take turns."""
    return [min(seconds) for seconds in zip(*([timed(work) for work in works] for _ in range(ROUNDS)), strict=True)]


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def reference_from(profile: Path) -> Reference:
    return read_reference("1", SPEC, json.loads(profile.read_text()))


def drift_of(log: ir.Table, reference: Reference) -> Drift:
    return compare(reference, count(log, reference))


def measured(file: str, profile: str) -> None:
    """Time counting and scanning in this process, which does nothing else, and print both with its peak memory."""
    log, reference = ibis.duckdb.connect().read_parquet(file), reference_from(Path(profile))
    counted, scanned = best(lambda: drift_of(log, reference), lambda: scan(log))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"counted": counted, "scanned": scanned, "peak": peak}))


def alone(*arguments: str) -> dict[str, Any]:
    """Run a part in a process of its own; its last line is JSON."""
    done = subprocess.run(arguments, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def against_a_scan(folder: Path, rows: int) -> bool:
    profile = folder / "profile.json"
    profile.write_text(json.dumps(learnt(write(folder / "reference.parquet", BATCH, 1))))
    log = write(folder / "log.parquet", rows, 100)
    found = alone(sys.executable, __file__, "--measure", str(log), str(profile))
    ratio = found["counted"] / found["scanned"]
    print(f"{rows:,} rows, {len(SPEC.features)} features and the score, best of {ROUNDS}")
    print(f"  scan {found['scanned']:.2f} s, drift {found['counted']:.2f} s: {ratio:.1f} times (bound {MOST_SCANS:g})")
    print(f"  peak memory {found['peak'] / 1e6:,.0f} MB (at most {MOST_BYTES / 1e6:,.0f})")
    return bool(ratio <= MOST_SCANS and found["peak"] < MOST_BYTES)


def against_evidently(folder: Path, python: str) -> bool:
    before, now = folder / "reference.parquet", write(folder / "current.parquet", BATCH, 7, shifted=True)
    reference, database = reference_from(folder / "profile.json"), ibis.duckdb.connect()
    tables = [database.read_parquet(file) for file in (now, before)]
    mine, both = best(lambda: drift_of(tables[0], reference), lambda: [drift_of(table, reference) for table in tables])
    theirs = alone(python, str(Path(__file__).with_name("evidently_preset.py")), str(before), str(now))
    print(f"{BATCH:,} against {BATCH:,} rows; Evidently's DataDriftPreset {theirs['seconds']:.1f} s")
    for name, seconds in (("from the stored profile", mine), ("counting both tables", both)):
        print(
            f"  drift {name}: {seconds:.2f} s, {theirs['seconds'] / seconds:.0f} times as fast (bound {LEAST_FASTER:g})"
        )
    return theirs["seconds"] >= LEAST_FASTER * mine and same_verdicts(drift_of(tables[0], reference), theirs["psi"])


def same_verdicts(drift: Drift, theirs: dict[str, float]) -> bool:
    """Hold the index against Evidently's `psi`.

    On values they are one formula. Numbers Evidently bins in equal widths, the profile in tenths of the rows: there the
    methods do not coincide, and what differs is only told.
    """
    mine = {each.name: each.shape.stability_index for each in drift.features if each.shape}
    differ = [name for name, index in mine.items() if (index >= SHIFT) != (theirs[name] >= SHIFT)]
    told = ", ".join(f"{name} {mine[name]:.2f}, theirs {theirs[name]:.2f}" for name in differ)
    same = [name for name in BY_VALUE if name not in differ]
    print(f"  index of values: {len(same)} of {len(BY_VALUE)} verdicts the same, the index within", end=" ")
    print(f"{max(abs(mine[name] - theirs[name]) for name in BY_VALUE):.0e}")
    print(f"  index of numbers in other bins: verdicts that differ: {told or 'none'}")
    return len(same) == len(BY_VALUE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--evidently", metavar="PYTHON")
    parser.add_argument("--measure", nargs=2, metavar=("LOG", "PROFILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measured(*options.measure)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        kept = against_a_scan(Path(folder), options.rows)
        if options.evidently:
            kept = against_evidently(Path(folder), options.evidently) and kept
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
