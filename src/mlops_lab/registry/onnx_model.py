"""ONNX: a fitted pipeline converted for serving, and the proof that it scores alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
from numpy.typing import NDArray
from skl2onnx import convert_sklearn, update_registered_converter
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from skl2onnx.operator_converters.target_encoder import convert_sklearn_target_encoder
from skl2onnx.shape_calculators.target_encoder import calculate_sklearn_target_encoder_output_shapes

from mlops_lab.errors import LabError
from mlops_lab.pipeline.encoding import ExactTargetEncoder
from mlops_lab.pipeline.features import MISSING, FeatureSpec, compute
from mlops_lab.pipeline.train import Model, columns_of, framed
from mlops_lab.registry.bundle import FEATURES, MODEL, Bundle

OPSETS = {"": 18, "ai.onnx.ml": 3}
TOLERANCE = 1e-5  # of a probability, or of a number relative to its scale; float32 sums of trees stay below 1e-6
UNSEEN = "(a category that training has not seen)"
Features = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Parity:
    """How far the converted model is from the original.

    Differences are relative to a number's size, and of small ones to `scale`: 1, or how far the scores spread. A sum of
    trees that cancel one another out is as exact as what was summed, not as its small result.
    """

    rows: int
    largest_difference: float
    tolerance: float = TOLERANCE
    scale: float = 1.0


def output(model: Model) -> str:
    """Name of the output that holds the scores, as skl2onnx gives it."""
    return "probabilities" if model.answers_probabilities else "variable"


def convert(model: Model, name: str) -> bytes:
    """Convert a model to ONNX with one input of shape (n, 1) per feature; the same model gives the same bytes."""
    update_registered_converter(
        ExactTargetEncoder,
        "ExactTargetEncoder",
        calculate_sklearn_target_encoder_output_shapes,
        convert_sklearn_target_encoder,
        overwrite=True,
    )
    types = {"number": FloatTensorType, "category": StringTensorType}
    graph = convert_sklearn(
        model.pipeline,
        name=name,
        initial_types=[(feature.name, types[feature.kind]([None, 1])) for feature in model.spec.features],
        options={id(model.pipeline): {"zipmap": False}} if model.answers_probabilities else None,
        target_opset=OPSETS,
    )
    content: bytes = graph.SerializeToString(deterministic=True)
    return content


def check_parity(model: Model, onnx: bytes, table: pd.DataFrame) -> Parity:
    """Score rows with both models, as they are and with every category unseen, then missing.

    Raises:
        LabError: A score differs by more than the tolerance.
    """
    session = onnxruntime.InferenceSession(onnx, providers=["CPUExecutionProvider"])
    features = compute(model.spec, columns_of(model.spec, table))
    variants = [features, *(_with_categories(model.spec, features, value) for value in (UNSEEN, MISSING))]
    scale = max(1.0, float(np.std(model.score_features(framed(features)))))
    differences = [_differences(model, session, each, scale) for each in variants]
    parity = Parity(sum(map(len, differences)), float(np.max(np.concatenate(differences))), scale=scale)
    if not parity.largest_difference <= TOLERANCE:
        raise LabError(
            f"ONNX and scikit-learn differ by {parity.largest_difference:.2e} on {parity.rows} rows, more than"
            f" {TOLERANCE:.0e}; the model is not registered. Use an estimator that skl2onnx converts exactly."
        )
    return parity


def bundle_scores(bundle: Bundle, table: pd.DataFrame) -> NDArray[np.float64]:
    """Score the rows of a raw table with a bundle's model and the features that it states."""
    session = onnxruntime.InferenceSession(bundle.files[MODEL], providers=["CPUExecutionProvider"])
    spec = FeatureSpec.from_document(bundle.document(FEATURES)["features"])
    name: str = bundle.document(FEATURES)["output"]
    return _onnx_scores(session, name, compute(spec, columns_of(spec, table)))


def _differences(model: Model, session: Any, features: Features, scale: float) -> NDArray[np.float64]:
    expected = model.score_features(framed(features))
    found = _onnx_scores(session, output(model), features)
    relative: NDArray[np.float64] = np.abs(expected - found) / np.maximum(scale, np.abs(expected))
    return relative


def _with_categories(spec: FeatureSpec, features: Features, value: str) -> Features:
    return {**features, **{each.name: np.full_like(features[each.name], value) for each in spec.of_kind("category")}}


def _onnx_scores(session: Any, name: str, features: Features) -> NDArray[np.float64]:
    scores: NDArray[np.float64] = session.run([name], dict(features))[0][:, -1].astype(np.float64)
    return scores
