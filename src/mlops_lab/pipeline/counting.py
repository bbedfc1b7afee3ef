"""The log counted by the reference's bins, as Ibis expressions: one pass over each column, on any of its engines.

Numbers are one aggregation, the rows up to each edge; categories are grouped, in one union. Nothing else of the log
is kept, so that ten million rows take no more memory than one batch of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np

from mlops_lab.errors import LabError
from mlops_lab.pipeline.features import Feature
from mlops_lab.pipeline.reference import SCORE, CategoryReference, NumberReference, Reference

LOGGED_AT = "logged_at"
CYCLES: Mapping[str, int] = {"minute_of_day": 1, "weekday": 7, "month": 365}  # derivation -> days until it repeats
WIDEST = 2**24  # whole numbers up to here are float32, which the model sees
Counts = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Tally:
    """A window of the log in counts."""

    rows: int
    numbers: Counts  # feature or score -> rows by the reference's bins
    categories: Mapping[str, Mapping[str, int]]  # feature -> value -> rows
    days: Mapping[str, tuple[int, ...]]  # column of times -> rows of each day that has any


def count(log: ir.Table, reference: Reference) -> Tally:
    """Count a log's rows by the bins of a reference.

    Raises:
        LabError: The log lacks a column that the reference describes.
    """
    _require_columns(log, reference)
    numbers = {**_numbers(log, reference), SCORE: (log[SCORE], list(reference.score.edges))}
    [row] = log.aggregate(_aggregates(log, numbers)).to_pyarrow().to_pylist()
    grouped = _grouped(log, reference)
    days = {name: tuple(grouped.pop(_day(name), {}).values()) for name in _clocks(reference)}
    return Tally(
        rows=row["rows"],
        numbers={name: _bins(row, name, len(edges)) for name, (_, edges) in numbers.items()},
        categories={each.name: grouped.get(each.name, {}) for each in reference.features if each.kind == "category"},
        days=days,
    )


def value_of(feature: Feature, log: ir.Table) -> ir.Column:
    """Return a feature's values, read or derived from the log's columns; missing where a source is."""
    if feature.how is None:
        return log[feature.name]
    return _DERIVATIONS[feature.how](*(log[source] for source in feature.sources))


def moments(column: ir.Column) -> ir.TimestampColumn:
    """Return times; a log may hold them as ISO 8601 text, as requests do."""
    return column if column.type().is_timestamp() else column.cast("timestamp")


def _count_if(holds: bool) -> int:
    """Count rows for which something holds: DuckDB, Spark and Trino have it, several times as fast as a filter."""
    raise NotImplementedError


count_if = ibis.udf.agg.builtin(_count_if, name="count_if")


def _require_columns(log: ir.Table, reference: Reference) -> None:
    read = [source for each in reference.features for source in (each.sources or (each.name,))]
    for name in (*read, SCORE, LOGGED_AT):
        if name not in log.columns:
            raise LabError(
                f"The log has no column {name!r}, which the reference profile of version {reference.version} needs; "
                f"it has {', '.join(log.columns)}. Compare it with the profile of the version that wrote it."
            )


def _numbers(log: ir.Table, reference: Reference) -> dict[str, tuple[ir.Column, list[float]]]:
    found: dict[str, tuple[ir.Column, list[float]]] = {}
    for feature in reference.features:
        described = reference.described[feature.name]
        if isinstance(described, NumberReference):
            found[feature.name] = value_of(feature, log), [_as_model_sees(edge) for edge in described.edges]
    return found


def _as_model_sees(edge: float) -> float:
    """Return the largest double that rounds to a float32 up to the edge, which is one."""
    below, above = np.float32(edge), np.nextafter(np.float32(edge), np.float32(np.inf))
    middle = (float(below) + float(above)) / 2
    return middle if np.float32(middle) <= below else float(np.nextafter(middle, -np.inf))


def _aggregates(log: ir.Table, numbers: Mapping[str, tuple[ir.Column, list[float]]]) -> dict[str, Any]:
    found: dict[str, Any] = {"rows": log.count()}
    for name, (column, edges) in numbers.items():
        found[f"{name}:present"] = (
            count_if(column.notnull() & ~column.isnan()) if column.type().is_floating() else column.count()
        )
        for index, edge in enumerate(edges):
            found[f"{name}:{index}"] = count_if(column <= _literal(column, edge))
    return found


def _literal(column: ir.Column, edge: float) -> Any:
    """An edge in the column's own type: engines read 1.5 as a decimal and then compare slowly."""
    if column.type().is_integer() and abs(edge) < WIDEST:
        return int(np.floor(edge))
    return ibis.literal(edge, "float64")


def _bins(row: Mapping[str, int], name: str, edges: int) -> tuple[int, ...]:
    below = [row[f"{name}:{index}"] or 0 for index in range(edges)]  # of no rows DuckDB counts NULL
    return tuple(int(each) for each in np.diff([0, *below, row[f"{name}:present"] or 0]))


def _grouped(log: ir.Table, reference: Reference) -> dict[str, dict[str, int]]:
    """Rows by category and by day, with the missing ones left out."""
    parts = [
        _group(feature.name, value_of(feature, log), log)
        for feature in reference.features
        if isinstance(reference.described[feature.name], CategoryReference)
    ]
    parts += [_group(_day(name), moments(log[name]).date(), log) for name in _clocks(reference)]
    found: dict[str, dict[str, int]] = {}
    together = ibis.union(*parts) if len(parts) > 1 else parts[0]
    for row in together.to_pyarrow().to_pylist():
        if row["bin"] is not None:
            found.setdefault(row["name"], {})[row["bin"]] = row["rows"]
    return found


def _group(name: str, values: ir.Column, log: ir.Table) -> ir.Table:
    counted = log.select(bin=values).group_by("bin").aggregate(rows=lambda rows: rows.count())
    return counted.select(name=ibis.literal(name), bin=counted.bin.cast("string"), rows=counted.rows)


def _clocks(reference: Reference) -> list[str]:
    """The columns of times whose days are counted: when rows were logged, and what calendar features come from."""
    sources: Iterable[str] = (each.sources[0] for each in reference.features if each.how in CYCLES)
    return list(dict.fromkeys((LOGGED_AT, *sources)))


def _day(name: str) -> str:
    return f"{name}:day"  # no field of a request has a colon


_DERIVATIONS: Mapping[str, Any] = {
    "text": lambda column: column.cast("int64").cast("string"),
    "pair": lambda first, second: first.cast("int64").cast("string") + "-" + second.cast("int64").cast("string"),
    "minute_of_day": lambda time: moments(time).hour() * 60 + moments(time).minute(),
    "weekday": lambda time: moments(time).day_of_week.index(),
    "month": lambda time: moments(time).month(),
}
