"""Features from columns: the one code that training and serving share, so that they cannot differ."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mlops_lab.pipeline.derivation import derive

MISSING = ""  # a category's own bucket for a missing value; no request may hold it as text


@dataclass(frozen=True)
class Feature:
    """One input of the model: a number, or a category with the values that training has seen.

    It is a column of the same name, or derived from the columns that `sources` names.
    """

    name: str
    kind: Literal["number", "category"]
    categories: tuple[str, ...] = ()
    how: str | None = None  # it is derived
    sources: tuple[str, ...] = ()

    @cached_property
    def known(self) -> frozenset[str | None]:
        """What is not unknown: the categories that training has seen, and a missing one."""
        return frozenset({MISSING, None, *self.categories})

    def values(self, columns: Mapping[str, Sequence[Any]]) -> Sequence[Any]:
        """The feature's values, read or derived from columns of equal length."""
        if self.how is None:
            return columns[self.name]
        return derive(self.how, *(columns[source] for source in self.sources))


@dataclass(frozen=True)
class FeatureSpec:
    """The inputs of a model, in order."""

    features: tuple[Feature, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that the features are computed from, each once."""
        read = (name for feature in self.features for name in (feature.sources or (feature.name,)))
        return tuple(dict.fromkeys(read))

    def of_kind(self, kind: Literal["number", "category"]) -> tuple[Feature, ...]:
        """The features of a kind, in order."""
        return tuple(feature for feature in self.features if feature.kind == kind)

    def document(self) -> list[dict[str, Any]]:
        """This specification as JSON values."""
        return [asdict(feature) for feature in self.features]

    @classmethod
    def from_document(cls, document: Sequence[Mapping[str, Any]]) -> "FeatureSpec":
        """Read what `document` wrote."""
        return cls(tuple(_read(item) for item in document))


def compute(spec: FeatureSpec, columns: Mapping[str, Sequence[Any]]) -> dict[str, NDArray[Any]]:
    """Turn columns of equal length n into arrays of shape (n, 1): float32 for numbers, text for categories.

    A missing number is NaN, a missing category `MISSING`.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for feature in spec.features:
        compute_kind = _numbers if feature.kind == "number" else _categories
        arrays[feature.name] = compute_kind(feature.values(columns))
    return arrays


def unknown(spec: FeatureSpec, columns: Mapping[str, Sequence[Any]]) -> dict[str, int]:
    """Count, by feature, the categories that training has not seen; features without any are left out."""
    counts: dict[str, int] = {}
    for feature in spec.of_kind("category"):
        values = feature.values(columns)
        if not feature.known.issuperset(values):
            counts[feature.name] = sum(value not in feature.known for value in values)
    return counts


def _read(item: Mapping[str, Any]) -> Feature:
    # A bundle of before features could be derived says nothing of it.
    sources = tuple(item.get("sources", ()))
    return Feature(item["name"], item["kind"], tuple(item["categories"]), item.get("how"), sources)


def _numbers(values: Sequence[float | None]) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32).reshape(-1, 1)


def _categories(values: Sequence[str | None]) -> NDArray[np.object_]:
    array = np.empty((len(values), 1), dtype=object)
    array[:, 0] = [value if isinstance(value, str) else MISSING for value in values]  # None, and NaN from a table
    return array
