"""A bundle's model in memory: columns in, answers out."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from mlops_lab.errors import LabError
from mlops_lab.pipeline.features import FeatureSpec, compute, unknown
from mlops_lab.registry import bundle as files
from mlops_lab.registry.bundle import Bundle

FORMAT = 1
Prediction = dict[str, Any]


class Answer(NamedTuple):
    """Predictions in the order of the rows, their scores (the probability of the positive class, or the number), and
    how many categories, by field, the model has never seen."""

    predictions: list[Prediction]
    scores: list[float]
    unknown: dict[str, int]


class Model:
    """The ONNX model of a verified bundle.

    Raises:
        LabError: The bundle's format is another one, or the model scores the bundle's example differently here than
            where it was built.
    """

    def __init__(self, bundle: Bundle):
        self.manifest = bundle.manifest
        if (found := self.manifest["format"]) != FORMAT:
            raise LabError(f"The bundle has format {found}, this image reads {FORMAT}; deploy an image that fits.")
        self.sha256 = bundle.sha256
        self.request_schema: dict[str, Any] = bundle.document(files.REQUEST_SCHEMA)
        features = bundle.document(files.FEATURES)
        self._spec = FeatureSpec.from_document(features["features"])
        self._output: str = features["output"]
        self._session = _open(bundle.files[files.MODEL])
        self._answer = _answers(self.manifest["task"])
        self._check_example()

    @property
    def project(self) -> str:
        """The project that this model belongs to."""
        return str(self.manifest["project"])

    @property
    def version(self) -> str:
        """The registered model version."""
        return str(self.manifest["version"])

    def predict(self, columns: Mapping[str, Sequence[Any]]) -> Answer:
        """Answer rows given as columns of equal length."""
        scores: list[float] = self._score(columns).tolist()
        return Answer(self._answer(scores), scores, self.unknown(columns))

    def unknown(self, columns: Mapping[str, Sequence[Any]]) -> dict[str, int]:
        """Count, by field, the categories of rows that the model has never seen."""
        return unknown(self._spec, columns)

    def _score(self, columns: Mapping[str, Sequence[Any]]) -> NDArray[np.float32]:
        output: NDArray[np.float32] = self._session.run([self._output], compute(self._spec, columns))[0]
        return output[:, -1]  # the positive class of a classifier, the only column of a regressor

    def _check_example(self) -> None:
        example = self.request_schema["examples"][0]
        parity = self.manifest["parity"]
        expected, found = (
            parity["example_score"],
            float(self._score({name: [cell] for name, cell in example.items()})[0]),
        )
        if not abs(found - expected) <= parity["tolerance"] * max(parity.get("scale", 1.0), abs(expected)):
            raise LabError(
                f"The model scores its example {found}, expected {expected}; check the ONNX Runtime version."
            )


def _open(content: bytes) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1  # a row takes microseconds: threads only cost
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _answers(task: Mapping[str, Any]) -> Callable[[list[float]], list[Prediction]]:
    if task["kind"] == "regression":
        return partial(_numbers, task["unit"])
    negative, positive = task["labels"]
    return partial(_labels, negative, positive, task["threshold"])


def _numbers(unit: str, scores: list[float]) -> list[Prediction]:
    return [{unit: number} for number in scores]


def _labels(negative: str, positive: str, threshold: float, scores: list[float]) -> list[Prediction]:
    return [
        {"label": positive if probability >= threshold else negative, "probability": probability}
        for probability in scores
    ]
