import json

import numpy as np
import pytest
from skl2onnx import to_onnx
from sklearn.linear_model import LinearRegression

from mlops_lab.errors import LabError
from mlops_lab.registry import bundle as bundles
from mlops_lab.registry.bundle import Bundle
from mlops_lab.serving.model import Model


def resealed(bundle: Bundle, **facts: object) -> Bundle:
    return bundles.seal({**bundle.manifest, **facts}, bundle.files)


def columns(bundle: Bundle, **cells: object) -> dict[str, list[object]]:
    example = bundle.document("request.schema.json")["examples"][0]
    return {name: [cell] for name, cell in (example | cells).items()}


def test_the_label_follows_the_threshold(bundle: Bundle) -> None:
    task = bundle.manifest["task"]
    rows = columns(bundle)

    low, high = (
        Model(resealed(bundle, task={**task, "threshold": threshold})).predict(rows).predictions[0]
        for threshold in (0.0, 1.0)
    )

    assert (low["label"], high["label"]) == (">50K", "<=50K")  # type: ignore[index]
    assert low["probability"] == high["probability"]  # type: ignore[index]


def test_an_unseen_category_is_answered_and_counted(bundle: Bundle) -> None:
    answer = Model(bundle).predict(columns(bundle, occupation="Poet", workclass=None))

    assert len(answer.predictions) == 1
    assert answer.unknown == {"occupation": 1}


def test_another_format_is_refused(bundle: Bundle) -> None:
    with pytest.raises(LabError, match="format 2"):
        Model(resealed(bundle, format=2))


def test_a_runtime_that_scores_the_example_differently_is_refused(bundle: Bundle) -> None:
    parity = {**bundle.manifest["parity"], "example_score": 0.123}

    with pytest.raises(LabError, match=r"expected 0\.123"):
        Model(resealed(bundle, parity=parity))


def test_a_regression_answers_in_its_unit() -> None:
    fitted = LinearRegression().fit(np.array([[0.0], [1.0]], dtype=np.float32), [5.0, 7.0])
    onnx = to_onnx(fitted, np.zeros((1, 1), dtype=np.float32), target_opset=18).SerializeToString()
    described = {"type": "number"}
    files = {
        "model.onnx": onnx,
        "features.json": json.dumps(
            {"features": [{"name": "X", "kind": "number", "categories": []}], "output": "variable"}
        ).encode(),
        "request.schema.json": json.dumps(
            {"properties": {"X": described}, "required": ["X"], "examples": [{"X": 1}]}
        ).encode(),
    }
    facts = {
        "format": 1,
        "task": {"kind": "regression", "unit": "minutes"},
        "parity": {"example_score": 7.0, "tolerance": 1e-5},
    }

    answer = Model(bundles.seal(facts, files)).predict({"X": [0, 2]})

    assert [each["minutes"] for each in answer.predictions] == pytest.approx([5.0, 9.0])
