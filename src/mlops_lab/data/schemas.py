"""Schemas of the tables that training reads: the raw data and the features."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from mlops_lab.errors import LabError
from mlops_lab.pipeline.features import FeatureSpec
from mlops_lab.projects.project import Column, Project

# By kind, what a column's type must be; of which width and whether its missing values are NaN or NA is left open.
TYPES: Mapping[str, Callable[[Any], bool]] = {
    "integer": pd.api.types.is_integer_dtype,
    "number": pd.api.types.is_float_dtype,
    "category": lambda dtype: pd.api.types.is_string_dtype(dtype) or isinstance(dtype, pd.CategoricalDtype),
    "time": lambda dtype: pd.api.types.is_datetime64_dtype(dtype),
}


def validate_raw(project: Project, frame: pd.DataFrame) -> None:
    """Check a raw table column by column: names, types, bounds, categories, missing values.

    Raises:
        LabError: The table breaks a rule; the message names the first three of them.
    """
    schema = pa.DataFrameSchema({column.name: _raw_column(column) for column in project.columns}, strict=True)
    _validate(schema, frame, f"data/{project.dataset.file}")


def validate_features(spec: FeatureSpec, frame: pd.DataFrame) -> None:
    """Check a table of features: numbers as float32 that may be missing, categories as text that may not.

    Raises:
        LabError: The table breaks a rule; the message names the first three of them.
    """
    kinds = {
        "number": pa.Column("float32", nullable=True),
        "category": pa.Column("object", pa.Check(_is_text, error="text")),
    }
    schema = pa.DataFrameSchema({feature.name: kinds[feature.kind] for feature in spec.features}, strict=True)
    _validate(schema, frame, "the feature table")


def _raw_column(column: Column) -> pa.Column:
    checks = [pa.Check(lambda values: TYPES[column.kind](values.dtype), error=f"type of kind {column.kind}")]
    if column.minimum is not None:
        checks.append(pa.Check.ge(column.minimum))
    if column.maximum is not None:
        checks.append(pa.Check.le(column.maximum))
    if column.categories:
        checks.append(pa.Check.isin(column.categories))
    return pa.Column(None, checks, nullable=column.nullable)


def _is_text(values: "pd.Series[str]") -> "pd.Series[bool]":
    return values.map(lambda value: isinstance(value, str))


def _validate(schema: pa.DataFrameSchema, frame: pd.DataFrame, what: str) -> None:
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases.drop_duplicates(["column", "check"]).head(3)
        broken = "; ".join(f"{case.column}: {case.check}, found {case.failure_case!r}" for case in cases.itertuples())
        raise LabError(f"{what} breaks its schema ({broken}); correct the data or the project's columns.") from None
