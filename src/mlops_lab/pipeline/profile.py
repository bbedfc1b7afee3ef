"""The reference profile: what the features and the score looked like at training, for drift to compare with."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops_lab.pipeline.features import MISSING, FeatureSpec

BINS = 10


def reference_profile(spec: FeatureSpec, features: dict[str, NDArray[Any]], scores: NDArray[Any]) -> dict[str, Any]:
    """Describe feature arrays of shape (n, 1), and scores on rows the model has not learnt from, as JSON values."""
    described = {feature.name: _DESCRIBE[feature.kind](features[feature.name][:, 0]) for feature in spec.features}
    return {"features": described, "score": _numbers(scores)}


def bin_numbers(edges: list[float], values: NDArray[Any]) -> list[int]:
    """Count values by bin: k inner edges make k + 1 bins, each closed above (edge[i-1] < x <= edge[i]); no NaN."""
    where = np.searchsorted(np.asarray(edges, dtype=np.float64), values, side="left")
    return [int(count) for count in np.bincount(where, minlength=len(edges) + 1)]


def _numbers(values: NDArray[Any]) -> dict[str, Any]:
    present = values[~np.isnan(values)].astype(np.float64)
    quantiles = np.quantile(present, np.arange(1, BINS) / BINS, method="inverted_cdf") if len(present) else []
    edges = [float(edge) for edge in np.unique(quantiles)]  # a value that fills several tenths gives one edge
    counts = bin_numbers(edges, present)
    return {
        "kind": "number",
        "rows": len(values),
        "missing": len(values) - len(present),
        "edges": edges,
        "counts": counts,
    }


def _categories(values: NDArray[Any]) -> dict[str, Any]:
    names, counts = np.unique(values.astype(str), return_counts=True)
    found = {str(name): int(count) for name, count in zip(names, counts, strict=True)}
    missing = found.pop(MISSING, 0)
    return {"kind": "category", "rows": len(values), "missing": missing, "counts": found}


_DESCRIBE = {"number": _numbers, "category": _categories}
