"""The log counted by the reference's bins, as Ibis expressions: one pass over each column, on any of its engines.

Numbers are one aggregation, the rows up to each edge; categories are grouped, in one union. Nothing else of the log
is kept, so that ten million rows take no more memory than one batch of them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

import ibis
import ibis.expr.types as ir
import numpy as np

from mlops_lab.errors import LabError
from mlops_lab.pipeline.features import Feature
from mlops_lab.pipeline.reference import SCORE, AnyReference, NumberReference, Reference

LOGGED_AT = "logged_at"
CYCLES: Mapping[str, int] = {"minute_of_day": 1, "weekday": 7, "month": 365}  # derivation -> days until it repeats
TREND = "day"  # the derivation that never repeats
Counts = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True)
class Tally:
    """A window of the log in counts."""

    rows: int
    numbers: Counts  # feature or score -> rows by the reference's bins
    categories: Mapping[str, Mapping[str, int]]  # feature -> value -> rows
    days: Mapping[str, tuple[int, ...]]  # column of times -> rows of each day that has any, the fewest first


def count(log: ir.Table, reference: Reference) -> Tally:
    """Count a log's rows by the bins of a reference.

    Raises:
        LabError: The log lacks a column that the reference describes.
    """
    _require_columns(log, reference)
    numbers = _numbers(log, reference)
    seen = log.select(**{name: column.cast("float32") for name, (column, _) in numbers.items()})  # as the model does
    [row] = seen.aggregate(_aggregates(seen, numbers)).to_pyarrow().to_pylist()
    grouped = _grouped(log, reference)
    days = {name: tuple(sorted(grouped.pop(_day(name), {}).values())) for name in _clocks(reference)}
    return Tally(
        rows=row["rows"],
        numbers={name: _bins(row, name, len(described.edges)) for name, (_, described) in numbers.items()},
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


def _numbers(log: ir.Table, reference: Reference) -> dict[str, tuple[ir.Column, NumberReference]]:
    features = ((each, reference.described[each.name]) for each in reference.features)
    found = {each.name: (value_of(each, log), described) for each, described in features if _is_number(described)}
    return {**found, SCORE: (log[SCORE], reference.score)}


def _aggregates(seen: ir.Table, numbers: Mapping[str, tuple[ir.Column, NumberReference]]) -> dict[str, ir.Scalar]:
    found: dict[str, ir.Scalar] = {"rows": seen.count()}
    for name, (_, described) in numbers.items():
        # Neither NULL nor NaN, which no engine finds to be up to infinity, has a value.
        for index, edge in enumerate((*described.edges, float("inf"))):
            found[f"{name}:{index}"] = count_if(seen[name] <= ibis.literal(edge, "float32"))
    return found


def _bins(row: Mapping[str, int], name: str, edges: int) -> tuple[int, ...]:
    below = [row[f"{name}:{index}"] or 0 for index in range(edges + 1)]  # of no rows DuckDB counts NULL
    return tuple(int(each) for each in np.diff([0, *below]))


def _grouped(log: ir.Table, reference: Reference) -> dict[str, dict[str, int]]:
    """Rows by category and by day, with the missing ones left out."""
    parts = [
        _group(feature.name, value_of(feature, log), log)
        for feature in reference.features
        if not _is_number(reference.described[feature.name])
    ]
    parts += [_group(_day(name), moments(log[name]).date(), log) for name in _clocks(reference)]
    found: dict[str, dict[str, int]] = {}
    together = ibis.union(*parts) if len(parts) > 1 else parts[0]
    for row in together.to_pyarrow().to_pylist():
        if row["bin"] is not None:
            found.setdefault(row["name"], {})[row["bin"]] = row["rows"]
    return found


def _is_number(described: AnyReference) -> TypeGuard[NumberReference]:
    return isinstance(described, NumberReference)


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
    "day": lambda time: moments(time).date().epoch_days(),
}
