"""The HTTP application: predictions of one model, and what is known of it."""

import hmac
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from mlops_lab.serving import openapi
from mlops_lab.serving.answer import answer, refuse
from mlops_lab.serving.body import MAX_BYTES, SECONDS, BodyTooLargeError, BodyTooSlowError, is_json, read_body
from mlops_lab.serving.identity import Identity
from mlops_lab.serving.model import Model
from mlops_lab.serving.prediction_log.log import PredictionLog
from mlops_lab.serving.request import MAX_ROWS, InvalidRequestError, RequestDecoder, TooManyRowsError

TOO_LARGE = f"A request holds at most {MAX_ROWS} instances in {MAX_BYTES} bytes; send several."


@dataclass
class Counts:
    """What this process has answered since its start."""

    predictions: int = 0
    unknown_categories: Counter[str] = field(default_factory=Counter)


class Service:
    """The endpoints of one model."""

    def __init__(self, model: Model, api_keys: Sequence[str], log: PredictionLog | None = None):
        self.model = model
        self._log = log
        self._keys = tuple(key.encode() for key in api_keys)
        self._decoder = RequestDecoder(model.request_schema)
        self._counts = Counts()

    async def predict(self, request: Request) -> Response:
        """Predict every instance of the request, and log what is answered before it goes out."""
        start = time.perf_counter()
        if not self._admitted(request):
            return refuse(request, 401, "The x-api-key header is missing or wrong; send the key of this service.")
        if not is_json(request.headers.get("content-type")):
            return refuse(request, 415, "The Content-Type must be application/json.")
        try:
            columns = self._decoder.decode(await read_body(request))
        except (BodyTooLargeError, TooManyRowsError):
            return refuse(request, 413, TOO_LARGE)
        except BodyTooSlowError:
            return refuse(request, 408, f"The body did not arrive in {SECONDS:g} s; send it at once.")
        except InvalidRequestError as error:
            problems = [asdict(problem) for problem in error.problems]
            return refuse(request, 422, "The request breaks the schema; correct the fields named.", problems=problems)
        answered = self.model.predict(columns)  # in the event loop: a row takes less time than a thread's hand-over
        self._counts.predictions += len(answered.predictions)
        self._counts.unknown_categories.update(answered.unknown)
        if self._log is not None:
            seconds = time.perf_counter() - start
            self._log.append(request.scope["state"]["request_id"], columns, answered.scores, seconds)
        content: dict[str, Any] = {"predictions": answered.predictions}
        if answered.unknown:
            content["unknown_categories"] = answered.unknown
        return answer(request.scope, content)

    async def health(self, request: Request) -> Response:
        """Whether the process answers."""
        return answer(request.scope, {"status": "alive"})

    async def ready(self, request: Request) -> Response:
        """Whether the model is loaded and verified, which it is before the first request is accepted."""
        return answer(request.scope, {"status": "ready"})

    async def metadata(self, request: Request) -> Response:
        """Which model this is, what it was made from, and what it has met since its start."""
        manifest = self.model.manifest
        known = {key: manifest[key] for key in ("project", "title", "run_id", "commit", "created", "task", "metrics")}
        data = {key: manifest["data"][key] for key in ("file", "sha256", "rows")}
        files = {name: listed["sha256"] for name, listed in manifest["files"].items()}
        identity = {"version": self.model.version, "bundle_sha256": self.model.sha256, "files": files, "data": data}
        since_start = {
            "predictions": self._counts.predictions,
            "unknown_categories": dict(self._counts.unknown_categories),
            "prediction_log": self._log.state if self._log else None,
        }
        return answer(request.scope, known | identity | {"since_start": since_start})

    def _admitted(self, request: Request) -> bool:
        if not self._keys:
            return True
        given = request.headers.get("x-api-key", "").encode("latin-1")  # as it came over the wire
        return sum(hmac.compare_digest(given, key) for key in self._keys) > 0  # all are compared: no time tells which


def create_app(model: Model, api_keys: Sequence[str] = (), log: PredictionLog | None = None) -> FastAPI:
    """Build the application that serves a model below ``/<project>/``; without an API key it is open."""
    base = f"/{model.project}"
    app = FastAPI(
        title=model.manifest["title"],
        version=model.version,
        openapi_url=f"{base}/openapi.json",
        docs_url=f"{base}/docs",
        redoc_url=None,
    )
    service = Service(model, api_keys, log)
    app.add_api_route(f"{base}/predict", service.predict, methods=["POST"], response_class=Response)
    for prefix in (base, ""):  # the balancer routes by project, a health check asks the task itself
        for endpoint in (service.health, service.ready, service.metadata):
            path, shown = f"{prefix}/{endpoint.__name__}", bool(prefix)
            app.add_api_route(path, endpoint, methods=["GET"], response_class=Response, include_in_schema=shown)
    app.add_exception_handler(HTTPException, _refuse_http)
    app.add_middleware(Identity, model_version=model.version)
    app.openapi = lambda: openapi.document(app, model)  # type: ignore[method-assign]
    return app


async def _refuse_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refused = refuse(request, error.status_code, f"{request.method} {request.url.path}: {error.detail}.")
    refused.headers.update(error.headers or {})
    return refused
