"""Metrics of predicted numbers against what was true."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def error_metrics(truth: Numbers, predicted: Numbers) -> dict[str, float]:
    """Mean and root mean square error, the mean of the signed error, and the error that 90 % of rows stay below."""
    errors = predicted - truth
    return {
        "mae": float(np.abs(errors).mean()),
        "rmse": float(np.sqrt(np.square(errors).mean())),
        "bias": float(errors.mean()),
        "error_p90": float(np.quantile(np.abs(errors), 0.9)),
    }


def skill(mae: float, baseline: float) -> float:
    """Share of a baseline's mean absolute error that a model saves; negative where it is worse."""
    return 1 - mae / baseline if baseline else -mae
