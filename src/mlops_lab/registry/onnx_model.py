"""ONNX: a fitted pipeline converted for serving, and the proof that it scores alike."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
from numpy.typing import NDArray
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import FloatTensorType, StringTensorType

from mlops_lab.errors import LabError
from mlops_lab.pipeline.features import MISSING, FeatureSpec, compute
from mlops_lab.pipeline.train import Model
from mlops_lab.registry.bundle import FEATURES, MODEL, Bundle

OUTPUT = "probabilities"
OPSETS = {"": 18, "ai.onnx.ml": 3}
TOLERANCE = 1e-5  # of a probability; float32 sums over some hundred trees stay below 1e-6
UNSEEN = "(a category that training has not seen)"


@dataclass(frozen=True)
class Parity:
    """How far the converted model is from the original."""

    rows: int
    largest_difference: float
    tolerance: float = TOLERANCE


def convert(model: Model, name: str) -> bytes:
    """Convert a model to ONNX with one input of shape (n, 1) per feature; the same model gives the same bytes."""
    types = {"number": FloatTensorType, "category": StringTensorType}
    graph = convert_sklearn(
        model.pipeline,
        name=name,
        initial_types=[(feature.name, types[feature.kind]([None, 1])) for feature in model.spec.features],
        options={id(model.pipeline): {"zipmap": False}},
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
    tables = [table, *(_with_categories(model.spec, table, value) for value in (UNSEEN, MISSING))]
    differences = [np.abs(model.score(rows) - _onnx_scores(session, model.spec, rows)) for rows in tables]
    parity = Parity(sum(map(len, differences)), float(np.max(np.concatenate(differences))))
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
    return _onnx_scores(session, spec, table)


def _with_categories(spec: FeatureSpec, table: pd.DataFrame, value: str) -> pd.DataFrame:
    return table.assign(**{feature.name: value for feature in spec.of_kind("category")})


def _onnx_scores(session: Any, spec: FeatureSpec, table: pd.DataFrame) -> NDArray[np.float64]:
    feed = compute(spec, {feature.name: table[feature.name].to_list() for feature in spec.features})
    scores: NDArray[np.float64] = session.run([OUTPUT], feed)[0][:, -1].astype(np.float64)
    return scores
