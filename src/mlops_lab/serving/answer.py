"""Answers: JSON that always carries the request id and the model version."""

from typing import Any

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

REQUEST_ID = "X-Request-Id"
MODEL_VERSION = "X-Model-Version"


def answer(scope: Scope, content: dict[str, Any], status: int = 200) -> Response:
    """Answer a request with JSON."""
    state = scope["state"]
    body = content | {"model_version": state["model_version"], "request_id": state["request_id"]}
    return Response(msgspec.json.encode(body), status, media_type="application/json")


def refuse(request: Request, status: int, error: str, **details: Any) -> Response:
    """Refuse a request: `error` says what was wrong and what to do."""
    return answer(request.scope, {"error": error, **details}, status)


def mark(headers: MutableHeaders, scope: Scope) -> None:
    """Put the request id and the model version into an answer's headers."""
    headers[REQUEST_ID] = scope["state"]["request_id"]
    headers[MODEL_VERSION] = scope["state"]["model_version"]
