"""The service's OpenAPI document, with the request as the bundle's own schema describes it."""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from mlops_lab.serving.model import Model
from mlops_lab.serving.request import MAX_ROWS

ENVELOPE = {"model_version": {"type": "string"}, "request_id": {"type": "string"}}
PROBLEM = {
    "type": "object",
    "properties": {
        "instance": {"type": ["integer", "null"], "description": "position of the row, from 0"},
        "field": {"type": ["string", "null"]},
        "value": {"type": "string", "description": "what was sent, shortened"},
        "rule": {"type": "string"},
    },
    "required": ["instance", "field", "value", "rule"],
}
REFUSALS = {
    "401": "The x-api-key header is missing or wrong",
    "408": "The body does not arrive in time",
    "413": f"More than {MAX_ROWS} instances, or the body is too large",
    "415": "The Content-Type is not application/json",
    "422": "The body breaks the schema; `problems` names field, value and rule",
    "500": "The service failed",
}


def document(app: FastAPI, model: Model) -> dict[str, Any]:
    """Build the OpenAPI document of an app that serves a model."""
    built = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
    components = built.setdefault("components", {})
    components["schemas"] = _schemas(model)
    components["securitySchemes"] = {"ApiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}}
    for path in built["paths"].values():
        for operation in path.values():
            operation["responses"] = {"200": {"description": "What the summary says", "content": _content("State")}}
    built["paths"] = {f"/{model.project}/predict": {"post": _predict(model)}} | built["paths"]
    return built


def _predict(model: Model) -> dict[str, Any]:
    example = {"instances": model.request_schema["examples"]}
    answered = model.predict({name: [cell] for name, cell in example["instances"][0].items()})
    answer = {"predictions": answered.predictions, "model_version": model.version, "request_id": "8c7d3a"}
    return {
        "summary": "Predict",
        "description": "Predict every instance of the request, and log what is answered before it goes out.",
        "operationId": "predict",
        "security": [{"ApiKey": []}],
        "requestBody": {"required": True, "content": _content("Request", example)},
        "responses": {
            "200": {"description": "Predictions in the order of the instances", "content": _content("Answer", answer)}
        }
        | {status: {"description": text, "content": _content("Refusal")} for status, text in REFUSALS.items()},
    }


def _content(schema: str, example: Any = None) -> dict[str, Any]:
    media: dict[str, Any] = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {"application/json": media | ({"example": example} if example else {})}


def _schemas(model: Model) -> dict[str, Any]:
    instance = {key: value for key, value in model.request_schema.items() if key != "$schema"}
    instances = {
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_ROWS,
        "items": {"$ref": "#/components/schemas/Instance"},
    }
    unknown = {"type": "object", "additionalProperties": {"type": "integer"}}
    unknown_note = {"description": "by field, the categories that training has not seen; left out where there is none"}
    answer = {
        "predictions": {"type": "array", "items": _prediction(model.manifest["task"])},
        "unknown_categories": unknown | unknown_note,
    }
    refusal = {"error": {"type": "string"}, "problems": {"type": "array", "items": PROBLEM}}
    return {
        "Instance": instance,
        "Request": _object({"instances": instances}, ["instances"]) | {"additionalProperties": False},
        "Answer": _object(answer | ENVELOPE, ["predictions", *ENVELOPE]),
        "State": _object(ENVELOPE, [*ENVELOPE]),
        "Refusal": _object(refusal | ENVELOPE, ["error", *ENVELOPE]),
    }


def _object(properties: Mapping[str, Any], required: list[str]) -> dict[str, Any]:
    return {"type": "object", "properties": dict(properties), "required": required}


def _prediction(task: Mapping[str, Any]) -> dict[str, Any]:
    if task["kind"] == "regression":
        return _object({task["unit"]: {"type": "number"}}, [task["unit"]])
    label = {"type": "string", "enum": task["labels"], "description": f"positive from {task['threshold']:.4f}"}
    probability = {"type": "number", "minimum": 0, "maximum": 1, "description": f"of {task['labels'][1]}"}
    return _object({"label": label, "probability": probability}, ["label", "probability"])
