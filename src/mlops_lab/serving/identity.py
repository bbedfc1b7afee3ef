"""The outermost layer of the service: every request has an id, every answer carries it, and no error escapes."""

import logging
import re
import secrets
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlops_lab.serving.answer import MODEL_VERSION, REQUEST_ID, answer

SAFE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Identity:
    """ASGI middleware that takes or makes a request id, and answers 500 where the application failed.

    A POST to one path goes straight to its endpoint: it meets all load, and the way through FastAPI's other middleware
    and routes costs a fifth of what it takes without the model.
    """

    app: ASGIApp
    model_version: str
    path: str
    endpoint: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back with the id and the model version in the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(REQUEST_ID.encode(), b"")
        request_id = given.decode() if SAFE_ID.fullmatch(given) else secrets.token_hex(16)
        scope.setdefault("state", {}).update(request_id=request_id, model_version=self.model_version)
        identity = [(REQUEST_ID.encode(), request_id.encode()), (MODEL_VERSION.encode(), self.model_version.encode())]
        started = False

        async def send_marked(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *identity]
            await send(message)

        try:
            straight = scope["path"] == self.path and scope["method"] == "POST"
            await (self.endpoint if straight else self.app)(scope, receive, send_marked)
        except Exception:
            LOG.exception("request failed", extra={"fields": {"request_id": request_id, "path": scope["path"]}})
            if not started:
                failure = answer(scope, {"error": "The service failed; its log names this request id."}, 500)
                await failure(scope, receive, send_marked)
