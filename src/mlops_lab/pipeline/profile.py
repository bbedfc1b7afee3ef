"""The reference profile: what the features, the score and the losses were at training, for drift to compare with."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mlops_lab.pipeline.features import MISSING, FeatureSpec

BINS = 10
DISCRETE = 20  # different values up to which each has a bin of its own


def reference_profile(
    spec: FeatureSpec,
    features: dict[str, NDArray[Any]],
    scores: NDArray[Any],
    metric: str,
    losses: NDArray[np.float64],
) -> dict[str, Any]:
    """Describe a model's reference as JSON values.

    Args:
        spec: The features.
        features: Those of the training rows, arrays of shape (n, 1).
        scores: Of rows that the model has not learnt from, shape (m,).
        metric: Name of the project's metric.
        losses: The loss of each of these rows, whose mean is the metric, shape (m,).
    """
    described = {feature.name: _DESCRIBE[feature.kind](features[feature.name][:, 0]) for feature in spec.features}
    spread = float(losses.std(ddof=1)) if len(losses) > 1 else 0.0
    performance = {"metric": metric, "rows": len(losses), "mean": float(losses.mean()), "deviation": spread}
    return {"features": described, "score": _numbers(scores.astype(np.float32)), "performance": performance}


def bin_numbers(edges: list[float], values: NDArray[Any]) -> list[int]:
    """Count values by bin: k inner edges make k + 1 bins, each closed above (edge[i-1] < x <= edge[i]); no NaN."""
    where = np.searchsorted(np.asarray(edges, dtype=np.float64), values, side="left")
    return [int(count) for count in np.bincount(where, minlength=len(edges) + 1)]


def _numbers(values: NDArray[Any]) -> dict[str, Any]:
    present = values[~np.isnan(values)].astype(np.float64)
    edges = _edges(present)
    counts = bin_numbers(edges, present)
    return {
        "kind": "number",
        "rows": len(values),
        "missing": len(values) - len(present),
        "edges": edges,
        "counts": counts,
    }


def _edges(present: NDArray[np.float64]) -> list[float]:
    """Tenths of the rows; of few different values each has its own bin, with empty ones below and above them.

    A code that grows from one row in a hundred to one in six would hide in the tenth that it shares with its neighbour.
    """
    values = np.unique(present)
    if len(values) > DISCRETE:
        quantiles = np.quantile(present, np.arange(1, BINS) / BINS, method="inverted_cdf")
        return [float(edge) for edge in np.unique(quantiles)]  # a value that fills several tenths gives one edge
    return _halfway(values) if len(values) else []


def _halfway(values: NDArray[np.float64]) -> list[float]:
    gaps = np.diff(values)
    outside = float(gaps.min()) / 2 if len(gaps) else 0.5
    between = values[:-1] + gaps / 2
    return [float(values[0] - outside), *(float(edge) for edge in between), float(values[-1] + outside)]


def _categories(values: NDArray[Any]) -> dict[str, Any]:
    names, counts = np.unique(values.astype(str), return_counts=True)
    found = {str(name): int(count) for name, count in zip(names, counts, strict=True)}
    missing = found.pop(MISSING, 0)
    return {"kind": "category", "rows": len(values), "missing": missing, "counts": found}


_DESCRIBE = {"number": _numbers, "category": _categories}
