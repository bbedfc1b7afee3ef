"""Serve a bundle over HTTP: ``python -m mlops_lab.serving``, told by its environment what to serve."""

import gc
import logging
import signal
import sys
import time

import uvicorn

from mlops_lab.errors import LabError
from mlops_lab.serving import log
from mlops_lab.serving.app import create_app
from mlops_lab.serving.fingerprint import fingerprint
from mlops_lab.serving.model import Model
from mlops_lab.serving.prediction_log.log import PredictionLog, open_log
from mlops_lab.serving.protocol import LimitedProtocol
from mlops_lab.serving.source import load_bundle
from mlops_lab.settings import ServingSettings, read_prediction_log_settings, read_serving_settings

LOG = logging.getLogger(__name__)
DRAIN_SECONDS = 20  # for requests in flight after SIGTERM; ECS sends SIGKILL after 30
GARBAGE = 10_000  # objects made and kept between two collections; Python's 700 are the rows of one request
KEEP_ALIVE_SECONDS = 75  # longer than the balancer's 60, so that it is the one to close an idle connection


class Server(uvicorn.Server):
    """A uvicorn server that logs when it accepts requests and when it has stopped, and ships predictions between."""

    def __init__(
        self, config: uvicorn.Config, fields: dict[str, object], start: float, predictions: PredictionLog | None
    ):
        super().__init__(config)
        self._fields, self._start, self._predictions = fields, start, predictions

    async def startup(self, sockets: object = None) -> None:
        """Open the port, then log that the service is ready."""
        _spare_garbage_collection()
        await super().startup(sockets)  # type: ignore[arg-type]
        if self._predictions:
            self._predictions.start()
        seconds = round(time.monotonic() - self._start, 3)
        LOG.info("ready", extra={"fields": self._fields | {"seconds": seconds}})

    async def shutdown(self, sockets: object = None) -> None:
        """Finish the requests in flight, ship what they logged, then log that the service has stopped."""
        await super().shutdown(sockets)  # type: ignore[arg-type]
        if self._predictions:
            self._predictions.close()
        LOG.info("stopped", extra={"fields": self._fields})


def _spare_garbage_collection() -> None:
    """Collect once; what lives to the end is not looked through amid requests, whose own objects seldom hold cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE, 10, 10)


def main() -> int:
    """Serve until SIGTERM; return 1 where the bundle cannot be verified, so that the scheduler sees the task fail."""
    start = time.monotonic()
    log.configure()
    # uvicorn drains on SIGTERM and then raises it again: the exit code of a drained task is 0.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        settings = read_serving_settings()
        told = {name: fingerprint(name, value) for name, value in settings.api_keys.items()}
        about = {"project": settings.project, "bundle_uri": settings.bundle_uri, "secrets": told}
        LOG.info("start", extra={"fields": about})
        model = _load(settings)
        predictions = _prediction_log(settings, model)
    except LabError as error:
        LOG.error("cannot serve", extra={"fields": {"error": str(error)}})
        return 1
    config = uvicorn.Config(
        create_app(model, list(settings.api_keys.values()), predictions),
        host=settings.host,
        port=settings.port,
        http=LimitedProtocol,
        access_log=False,
        proxy_headers=False,  # nothing here asks who the client is
        log_config=None,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    fields = {"project": model.project, "model_version": model.version, "port": settings.port}
    Server(config, fields, start, predictions).run()
    return 0


def _load(settings: ServingSettings) -> Model:
    bundle = load_bundle(settings.bundle_uri, settings.bundle_sha256, settings.region)
    try:
        model = Model(bundle)
    except LabError:
        raise
    except Exception as error:  # verified and yet wrong; ONNX Runtime's errors have no class in common
        said = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise LabError(f"{settings.bundle_uri} is no bundle that can be served ({said}); publish it again.") from None
    if model.project != settings.project:
        raise LabError(f"PROJECT is {settings.project!r}, the bundle is of {model.project!r}; deploy the right bundle.")
    return model


def _prediction_log(settings: ServingSettings, model: Model) -> PredictionLog | None:
    told = read_prediction_log_settings()
    return open_log(told, model.project, model.version, model.request_schema, settings.region)


if __name__ == "__main__":
    sys.exit(main())
