"""Categories as numbers: one-hot, or the target's mean by category."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.model_selection import KFold
from sklearn.preprocessing import OneHotEncoder, TargetEncoder

from mlops_lab.pipeline.features import MISSING, Feature, FeatureSpec
from mlops_lab.projects.project import Encoding

FOLDS = 5
DIGITS = 20  # binary ones that an encoding keeps; float32 has 24, and a tree's threshold between two needs one more


class ExactTargetEncoder(TargetEncoder):  # type: ignore[misc]
    """scikit-learn's target encoder with encodings that float32 holds exactly.

    A tree compares them with thresholds; were they rounded on the way to ONNX, a row could take another branch there.
    `fit_transform` encodes each fold of the training rows by the others, so that no row is encoded by its own target.
    """

    def fit(self, X: ArrayLike, y: ArrayLike) -> "ExactTargetEncoder":
        """Learn the encodings of all rows."""
        super().fit(X, y)
        return self._rounded(y)

    def fit_transform(self, X: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
        """Learn the encodings of all rows, and encode each row by the folds that it is not in."""
        encoded = super().fit_transform(X, y)
        self._rounded(y)
        return _round(encoded, self.step_)

    def _rounded(self, y: ArrayLike) -> "ExactTargetEncoder":
        self.step_ = step(np.asarray(y))
        self.encodings_: list[NDArray[np.float64]] = [_round(each, self.step_) for each in self.encodings_]
        self.target_mean_: float = float(_round(np.asarray(self.target_mean_), self.step_))
        return self


def step(target: NDArray[np.generic]) -> float:
    """Smallest difference of two encodings: a power of two, by the target's largest value."""
    largest = float(np.max(np.abs(target.astype(np.float64))))
    return float(2.0 ** (np.floor(np.log2(largest)) - DIGITS)) if largest > 0 else 2.0**-DIGITS


def encoder(spec: FeatureSpec, encoding: Encoding) -> OneHotEncoder | ExactTargetEncoder:
    """Return an unfitted encoder of the categories of a specification.

    One-hot gives a missing category a column of its own. One that training has not seen sets no column: that is its
    bucket, apart from every known one. (`handle_unknown="infrequent_if_exist"` would fail in ONNX, where skl2onnx 1.20
    writes an encoder that raises on the first unknown value.) The target encoder gives it the mean of all rows.
    """
    if encoding == "target":
        # "auto" takes whole numbers for classes; the mean of 0 and 1 is the share of positives.
        return ExactTargetEncoder(target_type="continuous", cv=KFold(FOLDS, shuffle=True, random_state=0))
    return OneHotEncoder(
        categories=[_encoded(feature) for feature in spec.of_kind("category")],
        handle_unknown="ignore",
        sparse_output=False,
        dtype=np.float32,
    )


def _encoded(feature: Feature) -> NDArray[np.object_]:
    return np.array([MISSING, *feature.categories], dtype=object)


def _round(values: NDArray[np.float64], to: float) -> NDArray[np.float64]:
    rounded: NDArray[np.float64] = np.round(values / to) * to
    return rounded
