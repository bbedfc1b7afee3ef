"""Features from columns: the one code that training and serving share, so that they cannot differ."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

MISSING = ""  # a category's own bucket for a missing value; no request may hold it as text


@dataclass(frozen=True)
class Feature:
    """One input of the model: a number, or a category with the values that training has seen."""

    name: str
    kind: Literal["number", "category"]
    categories: tuple[str, ...] = ()


@dataclass(frozen=True)
class FeatureSpec:
    """The inputs of a model, in order."""

    features: tuple[Feature, ...]

    def of_kind(self, kind: Literal["number", "category"]) -> tuple[Feature, ...]:
        """The features of a kind, in order."""
        return tuple(feature for feature in self.features if feature.kind == kind)

    def document(self) -> list[dict[str, Any]]:
        """This specification as JSON values."""
        return [asdict(feature) for feature in self.features]

    @classmethod
    def from_document(cls, document: Sequence[Mapping[str, Any]]) -> "FeatureSpec":
        """Read what `document` wrote."""
        return cls(tuple(Feature(item["name"], item["kind"], tuple(item["categories"])) for item in document))


def compute(spec: FeatureSpec, columns: Mapping[str, Sequence[Any]]) -> dict[str, NDArray[Any]]:
    """Turn columns of equal length n into arrays of shape (n, 1): float32 for numbers, text for categories.

    A missing number is NaN, a missing category `MISSING`.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for feature in spec.features:
        compute_kind = _numbers if feature.kind == "number" else _categories
        arrays[feature.name] = compute_kind(columns[feature.name])
    return arrays


def unknown(spec: FeatureSpec, columns: Mapping[str, Sequence[Any]]) -> dict[str, int]:
    """Count, by feature, the categories that training has not seen; features without any are left out."""
    counts: dict[str, int] = {}
    for feature in spec.of_kind("category"):
        known = {MISSING, None, *feature.categories}
        if count := sum(value not in known for value in columns[feature.name]):
            counts[feature.name] = count
    return counts


def _numbers(values: Sequence[float | None]) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32).reshape(-1, 1)


def _categories(values: Sequence[str | None]) -> NDArray[np.object_]:
    array = np.empty((len(values), 1), dtype=object)
    array[:, 0] = [value if isinstance(value, str) else MISSING for value in values]  # None, and NaN from a table
    return array
