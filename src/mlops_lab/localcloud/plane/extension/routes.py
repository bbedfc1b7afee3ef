"""Puts subclasses of moto's backends and response classes in their places."""

from types import ModuleType
from typing import Any


def extend(registry: Any, backend: type[Any], urls: ModuleType) -> None:
    """Let a registry create `backend`s; moto looks for a backend's URLs beside its class, so it is told where."""
    backend._url_module = urls
    registry.backend = backend


def route(urls: ModuleType, response: type[Any]) -> None:
    """Let a service's URLs be answered by `response` instead of the moto class that it extends."""
    for path, handler in urls.url_paths.items():
        owner = getattr(handler, "__self__", None)
        if isinstance(owner, type) and issubclass(response, owner):
            urls.url_paths[path] = getattr(response, handler.__name__)
