"""Answers: JSON that always carries the request id and the model version."""

from typing import Any

import msgspec
from starlette.responses import Response
from starlette.types import Scope

REQUEST_ID = "x-request-id"
MODEL_VERSION = "x-model-version"


def answer(scope: Scope, content: dict[str, Any], status: int = 200) -> Response:
    """Answer a request with JSON."""
    state = scope["state"]
    body = content | {"model_version": state["model_version"], "request_id": state["request_id"]}
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def refuse(scope: Scope, status: int, error: str, **details: Any) -> Response:
    """Refuse a request: `error` says what was wrong and what to do."""
    return answer(scope, {"error": error, **details}, status)
