"""Moto's server application as a function from a call to an answer."""

import logging
import threading
from collections.abc import Collection, Iterable
from typing import Any

import moto
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from mlops_lab.localcloud.plane import extension
from mlops_lab.localcloud.plane.blobs import Blobs
from mlops_lab.localcloud.plane.call import Answer, Call, failure
from mlops_lab.localcloud.plane.engine import determinism, state

log = logging.getLogger(__name__)
_installation = threading.Lock()
_installed = False


class MotoEngine:
    """Executes calls in moto. Moto's state is global: there is one per process."""

    version: str = moto.__version__

    def __init__(self, blobs: Blobs) -> None:
        _install()
        self._blobs = blobs
        self._application = DomainDispatcherApplication(create_backend_app)
        self._tamer = determinism.Tamer()

    def execute(self, call: Call) -> Answer:
        """Execute a call at its time and with its seed; what moto cannot do is answered with 501."""
        environ = call.to_environ()
        try:
            application = self._application.get_application(environ)  # may import a service: before the seed is set
            self._tamer.tame()
            with determinism.moment(call.seed, call.time):
                return _collect(application, environ)
        except NotImplementedError as error:
            return failure("501 Not Implemented", "NotImplementedError", str(error) or "Not implemented.")
        except Exception as error:
            log.exception("%s %s failed", call.method, call.environ.get("RAW_URI"))
            return failure("500 Internal Server Error", "InternalFailure", f"{type(error).__name__}: {error}")

    def dump(self) -> tuple[bytes, Collection[str]]:
        """Pickle every backend that is in use."""
        return state.dump(self._blobs)

    def load(self, content: bytes) -> None:
        """Put pickled backends into moto's registries."""
        state.load(content, self._blobs)
        self._tamer.tame()


def _install() -> None:
    global _installed
    with _installation:
        if not _installed:
            determinism.install()
            extension.install()
            _installed = True


def _collect(application: Any, environ: dict[str, Any]) -> Answer:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> None:
        started.append((status, headers))

    parts: Iterable[bytes] = application(environ, start_response)
    body = b"".join(parts)
    if hasattr(parts, "close"):
        parts.close()
    status, headers = started[-1]
    return Answer(status, tuple(headers), body)
