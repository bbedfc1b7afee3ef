"""The outermost layer of the service: every request has an id, every answer carries it, and no error escapes."""

import logging
import re
from dataclasses import dataclass
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlops_lab.serving.answer import REQUEST_ID, answer, mark

SAFE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Identity:
    """ASGI middleware that takes or makes a request id, and answers 500 where the application failed."""

    app: ASGIApp
    model_version: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back with the id and the model version in the headers."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get(REQUEST_ID, "")
        request_id = given if SAFE_ID.fullmatch(given) else uuid4().hex
        scope.setdefault("state", {}).update(request_id=request_id, model_version=self.model_version)
        started = False

        async def send_marked(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                mark(MutableHeaders(scope=message), scope)
            await send(message)

        try:
            await self.app(scope, receive, send_marked)
        except Exception:
            LOG.exception("request failed", extra={"fields": {"request_id": request_id, "path": scope["path"]}})
            if not started:
                failure = answer(scope, {"error": "The service failed; its log names this request id."}, 500)
                await failure(scope, receive, send_marked)
