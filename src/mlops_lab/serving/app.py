"""The HTTP application: predictions of one model, and what is known of it."""

import hmac
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from mlops_lab.serving import openapi
from mlops_lab.serving.answer import answer, refuse
from mlops_lab.serving.batch import Batches
from mlops_lab.serving.body import MAX_BYTES, SECONDS, BodyTooLargeError, BodyTooSlowError, is_json, read_body
from mlops_lab.serving.identity import Identity
from mlops_lab.serving.model import Answer, Model
from mlops_lab.serving.prediction_log.log import PredictionLog
from mlops_lab.serving.request import MAX_ROWS, InvalidRequestError, RequestDecoder, TooManyRowsError

TOO_LARGE = f"A request holds at most {MAX_ROWS} instances in {MAX_BYTES} bytes; send several."


@dataclass
class Counts:
    """What this process has answered since its start."""

    predictions: int = 0
    unknown_categories: Counter[str] = field(default_factory=Counter)


class Predict:
    """The endpoint that predicts: an ASGI application, for it is the one that load meets."""

    def __init__(self, model: Model, api_keys: Sequence[str], log: PredictionLog | None, counts: Counts):
        self._keys = tuple(key.encode() for key in api_keys)
        self._decoder = RequestDecoder(model.request_schema)
        self._batches = Batches(model, self._decoder, log)
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it with the reason."""
        response = await self._respond(scope, receive)
        await response(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        start = time.perf_counter()
        headers = dict(scope["headers"])
        if not self._admitted(headers):
            return refuse(scope, 401, "The x-api-key header is missing or wrong; send the key of this service.")
        if not is_json(headers.get(b"content-type", b"")):
            return refuse(scope, 415, "The Content-Type must be application/json.")
        try:
            rows = self._decoder.decode(await read_body(headers, receive))
        except (BodyTooLargeError, TooManyRowsError):
            return refuse(scope, 413, TOO_LARGE)
        except BodyTooSlowError:
            return refuse(scope, 408, f"The body did not arrive in {SECONDS:g} s; send it at once.")
        except InvalidRequestError as error:
            problems = [asdict(problem) for problem in error.problems]
            return refuse(scope, 422, "The request breaks the schema; correct the fields named.", problems=problems)
        return self._told(scope, await self._batches.answer(scope["state"]["request_id"], rows, start))

    def _told(self, scope: Scope, found: Answer) -> Response:
        self._counts.predictions += len(found.predictions)
        if not found.unknown:
            return answer(scope, {"predictions": found.predictions})
        self._counts.unknown_categories.update(found.unknown)
        return answer(scope, {"predictions": found.predictions, "unknown_categories": found.unknown})

    def _admitted(self, headers: Mapping[bytes, bytes]) -> bool:
        if not self._keys:
            return True
        given = headers.get(b"x-api-key", b"")
        return sum(hmac.compare_digest(given, key) for key in self._keys) > 0  # all are compared: no time tells which


class Service:
    """What is known of one model and of what this process did with it."""

    def __init__(self, model: Model, log: PredictionLog | None, counts: Counts):
        self.model = model
        self._log, self._counts = log, counts

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


def create_app(model: Model, api_keys: Sequence[str] = (), log: PredictionLog | None = None) -> FastAPI:
    """Build the application that serves a model below ``/<project>/``; without an API key it is open."""
    base = f"/{model.project}"
    app = FastAPI(
        title=model.manifest["title"],
        version=model.version,
        openapi_url=f"{base}/openapi.json",
        docs_url=f"{base}/docs",
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # asks the environment at every request
    )
    counts = Counts()
    predict = Predict(model, api_keys, log, counts)
    app.router.routes.append(Route(f"{base}/predict", predict, methods=["POST"]))
    service = Service(model, log, counts)
    for prefix in (base, ""):  # the balancer routes by project, a health check asks the task itself
        for endpoint in (service.health, service.ready, service.metadata):
            path, shown = f"{prefix}/{endpoint.__name__}", bool(prefix)
            app.add_api_route(path, endpoint, methods=["GET"], response_class=Response, include_in_schema=shown)
    app.add_exception_handler(HTTPException, _refuse_http)
    app.add_middleware(Identity, model_version=model.version, path=f"{base}/predict", endpoint=predict)
    app.openapi = lambda: openapi.document(app, model)  # type: ignore[method-assign]
    return app


async def _refuse_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refused = refuse(request.scope, error.status_code, f"{request.method} {request.url.path}: {error.detail}.")
    refused.headers.update(error.headers or {})
    return refused
