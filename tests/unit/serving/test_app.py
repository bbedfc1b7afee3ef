import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from openapi_spec_validator import validate

from mlops_lab.candidate import Candidate
from mlops_lab.registry.bundle import Bundle
from mlops_lab.serving.app import create_app
from mlops_lab.serving.body import read_body
from mlops_lab.serving.model import Model

JSON = {"content-type": "application/json"}


def send(api: httpx.AsyncClient, method: str, path: str, **options: Any) -> httpx.Response:
    return asyncio.run(api.request(method, path, **options))


@pytest.fixture
def example(bundle: Bundle) -> dict[str, Any]:
    found: dict[str, Any] = bundle.document("request.schema.json")["examples"][0]
    return found


def test_a_prediction_names_label_probability_version_and_request(
    api: httpx.AsyncClient, example: dict[str, Any]
) -> None:
    answer = send(api, "POST", "/income/predict", json={"instances": [example]})

    assert answer.status_code == 200
    body = answer.json()
    assert set(body) == {"predictions", "model_version", "request_id"}
    assert set(body["predictions"][0]) == {"label", "probability"}
    assert body["model_version"] == answer.headers["x-model-version"] == "7"
    assert body["request_id"] == answer.headers["x-request-id"]


def test_answers_over_http_are_those_of_scikit_learn(api: httpx.AsyncClient, candidate: Candidate) -> None:
    rows = candidate.splits.test.head(500)
    inputs = rows[[column.name for column in candidate.project.inputs]].astype(object)
    instances = inputs.where(inputs.notna(), None).to_dict("records")

    body = send(api, "POST", "/income/predict", json={"instances": instances}).json()

    scores = candidate.model.score(rows)
    assert [found["probability"] for found in body["predictions"]] == pytest.approx(scores, abs=1e-5)
    labels = [">50K" if score >= candidate.evaluation.threshold else "<=50K" for score in scores]
    assert [found["label"] for found in body["predictions"]] == labels


@pytest.mark.parametrize("key", ["", "another key", "a ke", "a key "])
def test_a_wrong_key_is_refused(app: FastAPI, example: dict[str, Any], key: str) -> None:
    stranger = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://task", headers={"x-api-key": key})

    assert send(stranger, "POST", "/income/predict", json={"instances": [example]}).status_code == 401


@pytest.mark.parametrize(("key", "status"), [("old", 200), ("new", 200), ("", 401), ("oldnew", 401)])
def test_while_a_key_is_rotated_both_are_taken_and_no_other(
    bundle: Bundle, example: dict, key: str, status: int
) -> None:
    transport = httpx.ASGITransport(create_app(Model(bundle), ["old", "new"]))
    client = httpx.AsyncClient(transport=transport, base_url="http://task", headers={"x-api-key": key})

    assert send(client, "POST", "/income/predict", json={"instances": [example]}).status_code == status


def test_without_a_configured_key_the_service_is_open(bundle: Bundle, example: dict[str, Any]) -> None:
    transport = httpx.ASGITransport(create_app(Model(bundle)))
    stranger = httpx.AsyncClient(transport=transport, base_url="http://task")

    assert send(stranger, "POST", "/income/predict", json={"instances": [example]}).status_code == 200


@pytest.mark.parametrize("prefix", ["", "/income"])
@pytest.mark.parametrize("path", ["/health", "/ready", "/metadata"])
def test_state_is_told_without_a_key_on_both_paths(app: FastAPI, prefix: str, path: str) -> None:
    stranger = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://task")

    answer = send(stranger, "GET", prefix + path)

    assert answer.status_code == 200
    assert answer.json()["model_version"] == "7"


def test_metadata_names_the_bundle_and_what_it_was_made_from(api: httpx.AsyncClient, bundle: Bundle) -> None:
    metadata = send(api, "GET", "/income/metadata").json()

    assert metadata["bundle_sha256"] == bundle.sha256
    assert metadata["run_id"] == "run"
    assert metadata["data"]["sha256"] == bundle.manifest["data"]["sha256"]
    assert metadata["files"]["model.onnx"] == bundle.manifest["files"]["model.onnx"]["sha256"]


def test_an_unseen_category_is_answered_reported_and_counted(api: httpx.AsyncClient, example: dict[str, Any]) -> None:
    instances = [{**example, "occupation": "Poet"}, example, {**example, "occupation": "Monk"}]

    answer = send(api, "POST", "/income/predict", json={"instances": instances}).json()

    assert answer["unknown_categories"] == {"occupation": 2}
    since_start = send(api, "GET", "/metadata").json()["since_start"]
    assert since_start == {"predictions": 3, "unknown_categories": {"occupation": 2}, "prediction_log": None}


def test_bad_input_is_422_with_problems_and_without_a_traceback(
    api: httpx.AsyncClient, example: dict[str, Any]
) -> None:
    answer = send(api, "POST", "/income/predict", json={"instances": [{**example, "age": "old"}]})

    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert (problem["instance"], problem["field"], problem["value"]) == (0, "age", '"old"')
    assert "Traceback" not in answer.text


def test_a_thousand_rows_are_answered_and_one_more_is_413(api: httpx.AsyncClient, example: dict[str, Any]) -> None:
    most, too_many = (
        send(api, "POST", "/income/predict", json={"instances": [example] * rows}) for rows in (1_000, 1_001)
    )

    assert len(most.json()["predictions"]) == 1_000
    assert too_many.status_code == 413


def test_a_body_over_two_mebibytes_is_413_with_and_without_a_length(api: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(1_000):
            yield b" " * 65_536

    announced = send(api, "POST", "/income/predict", content=b" " * (2 * 1024 * 1024 + 1), headers=JSON)
    streamed = send(api, "POST", "/income/predict", content=endless(), headers=JSON)

    assert announced.status_code == streamed.status_code == 413


def test_a_body_that_trickles_is_408_and_not_waited_for(
    api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_body, "__defaults__", (0.05,))

    async def trickle() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)
        yield b"}"

    answer = send(api, "POST", "/income/predict", content=trickle(), headers=JSON)

    assert answer.status_code == 408
    assert "send it at once" in answer.text


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("application/json", 200), ("application/json; charset=utf-8", 200), ("text/plain", 415), ("", 415)],
)
def test_only_json_is_accepted(api: httpx.AsyncClient, example: dict[str, Any], content_type: str, status: int) -> None:
    content = json.dumps({"instances": [example]}).encode()

    answer = send(api, "POST", "/income/predict", content=content, headers={"content-type": content_type})

    assert answer.status_code == status


def test_a_safe_request_id_is_kept(api: httpx.AsyncClient) -> None:
    answer = send(api, "GET", "/health", headers={"x-request-id": "order-42_a.b"})

    assert answer.headers["x-request-id"] == answer.json()["request_id"] == "order-42_a.b"


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, '"},{"', "é"])
def test_an_unsafe_request_id_is_replaced(api: httpx.AsyncClient, given: str) -> None:
    answer = send(api, "GET", "/health", headers={"x-request-id": given.encode()})

    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 32


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nothing", 404), ("GET", "/income/predict", 405)])
def test_what_does_not_exist_is_refused_as_json(api: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    answer = send(api, method, path)

    assert answer.status_code == status
    assert path in answer.json()["error"]
    assert answer.headers["x-request-id"]


def test_a_failure_is_500_with_the_request_id_and_nothing_of_its_cause(
    bundle: Bundle, example: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Model):
        def predict(self, columns: object) -> Any:
            raise RuntimeError("a secret")

    app = create_app(Broken(bundle))
    api = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://task")

    answer = send(api, "POST", "/income/predict", json={"instances": [example]}, headers={"x-request-id": "abc"})

    assert answer.status_code == 500
    assert answer.json()["request_id"] == "abc"
    assert "secret" not in answer.text
    assert caplog.records[-1].fields["request_id"] == "abc"  # type: ignore[attr-defined]


def test_the_openapi_document_is_valid_and_holds_the_bundles_schema(api: httpx.AsyncClient, bundle: Bundle) -> None:
    document = send(api, "GET", "/income/openapi.json").json()

    validate(document)
    schema = bundle.document("request.schema.json")
    assert document["components"]["schemas"]["Instance"]["properties"] == schema["properties"]
    request = document["paths"]["/income/predict"]["post"]["requestBody"]["content"]["application/json"]
    assert send(api, "POST", "/income/predict", json=request["example"]).status_code == 200


def test_the_documentation_is_below_the_projects_path(api: httpx.AsyncClient) -> None:
    assert "/income/openapi.json" in send(api, "GET", "/income/docs").text
