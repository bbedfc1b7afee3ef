"""Moto's state as bytes: every backend in use, in one pickle so that references between services stay references.

Moto's registries and per-account tables are referred to by name and filled in place, because its modules hold them;
locks become new locks; functions that have no name are pickled by value; large S3 objects become blobs.
"""

import copyreg
import io
import pickle
import sys
import threading
import types
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from importlib import import_module
from typing import Any

import dill
from cryptography.hazmat.primitives import serialization
from moto.core.base_backend import AccountSpecificBackend, BackendDict
from moto.logs.models import LogEvent
from moto.moto_api import state_manager
from moto.s3.models import FakeKey

from mlops_lab.errors import LabError
from mlops_lab.localcloud.plane.blobs import LARGE, START_AFRESH, Blobs
from mlops_lab.localcloud.plane.engine.blob_file import BlobFile

_REGISTRY_ATTRIBUTES = {"backend", "service_name", "_use_boto3_regions", "_additional_regions", "_id"}
_KEY_FORMAT = (
    serialization.Encoding.DER,
    serialization.PrivateFormat.PKCS8,
    serialization.NoEncryption(),
)
Name = tuple[str, str]  # module, variable


def dump(blobs: Blobs) -> tuple[bytes, frozenset[str]]:
    """Return the state of all of moto, and the digests of the blobs that it refers to."""
    target = io.BytesIO()
    pickler = _Pickler(target, blobs)
    pickler.dump(
        {
            "registries": [_contents(registry) for registry in BackendDict._instances],
            "transitions": dict(state_manager._transitions),
            "log_event": LogEvent._event_id,
        }
    )
    return target.getvalue(), frozenset(pickler.digests)


def load(content: bytes, blobs: Blobs) -> None:
    """Fill moto's registries with a state.

    Raises:
        LabError: The state cannot be unpickled, or a blob is missing.
    """
    try:
        state = _Unpickler(io.BytesIO(content), blobs).load()
    except LabError:
        raise
    except Exception as error:  # whatever a pickle of another build of moto can raise
        raise LabError(f"the cloud's state cannot be read ({error}); {START_AFRESH}.") from error
    for name, attributes, accounts in state["registries"]:
        _fill(_registry(*name), attributes, accounts)
    state_manager._transitions.update(state["transitions"])
    LogEvent._event_id = state["log_event"]


def _contents(registry: Any) -> tuple[Name, dict[str, Any], dict[str, dict[str, Any]]]:
    attributes = {key: value for key, value in vars(registry).items() if key not in _REGISTRY_ATTRIBUTES}
    accounts = {account: dict(table.items()) for account, table in registry.items()}
    return _name(registry), attributes, accounts


def _fill(registry: Any, attributes: dict[str, Any], accounts: dict[str, dict[str, Any]]) -> None:
    vars(registry).update(attributes)
    for account, backends in accounts.items():
        registry[account].update(backends)


def _registry(module: str, variable: str) -> Any:
    return getattr(import_module(module), variable)


def _account(module: str, variable: str, account: str) -> Any:
    return _registry(module, variable)[account]


def _name(registry: Any) -> Name:
    for module in _modules(registry.backend):
        for variable, value in vars(module).items():
            if value is registry:
                return module.__name__, variable
    raise pickle.PicklingError(f"moto's registry of {registry.service_name} has no name")


def _modules(backend: type) -> Iterator[types.ModuleType]:
    """Modules that define a backend's class or one of its bases: the registry is a variable of one of them."""
    yield from (sys.modules[base.__module__] for base in backend.__mro__ if base.__module__.startswith("moto."))


class _Pickler(pickle.Pickler):
    def __init__(self, target: io.BytesIO, blobs: Blobs) -> None:
        super().__init__(target, protocol=5)
        self.digests: set[str] = set()
        self._blobs = blobs
        self._names = {id(registry): _name(registry) for registry in BackendDict._instances}
        self._accounts = {
            id(table): (*_name(registry), account)
            for registry in BackendDict._instances
            for account, table in registry.items()
        }

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, BackendDict):
            return _registry, self._names.get(id(value)) or _name(value)
        if isinstance(value, AccountSpecificBackend):
            return _account, self._accounts[id(value)]
        if isinstance(value, FakeKey):
            return self._s3_object(value)
        if isinstance(value, BlobFile):
            self.digests.add(value.digest)
            return blob_file, (value.digest,)
        return _reduce(value)

    def _s3_object(self, key: Any) -> Any:
        """Move a large object's content from memory into a blob, and leave the object's lock out."""
        if key.size > LARGE and not isinstance(key._value_buffer, BlobFile) and not key.disposed:
            key._value_buffer = BlobFile(self._blobs, self._blobs.put(key.value))
        state = {name: value for name, value in vars(key).items() if name != "lock"}
        if not isinstance(key._value_buffer, BlobFile):
            state["_value_buffer"] = None
            state["value"] = b"" if key.disposed else key.value
        return copyreg.__newobj__, (type(key),), state, None, None, _set_s3_object  # type: ignore[attr-defined]


def _reduce(value: Any) -> Any:
    if isinstance(value, type(threading.Lock())):
        return threading.Lock, ()
    if isinstance(value, type(threading.RLock())):
        return threading.RLock, ()
    if hasattr(value, "private_bytes"):
        return _private_key, (value.private_bytes(*_KEY_FORMAT),)
    if isinstance(value, types.FunctionType) and "<" in value.__qualname__:
        return dill.loads, (dill.dumps(value),)
    if isinstance(value, dict) and type(value).__module__.startswith("moto."):
        # Such classes change what items() and [] mean, so that pickle's own way would lose entries.
        state = (vars(value), getattr(value, "default_factory", None), dict(dict.items(value)))
        return copyreg.__newobj__, (type(value),), state, None, None, _set_dictionary  # type: ignore[attr-defined]
    return NotImplemented


def _private_key(content: bytes) -> Any:
    return serialization.load_der_private_key(content, password=None)


def _set_s3_object(key: Any, state: dict[str, Any]) -> None:
    vars(key).update({name: value for name, value in state.items() if name != "value"})
    key.lock = threading.Lock()
    if key._value_buffer is None:
        key.__setstate__({"value": state["value"], "_max_buffer_size": key._max_buffer_size})


def _set_dictionary(value: Any, state: tuple[dict[str, Any], Any, dict[Any, Any]]) -> None:
    attributes, default_factory, items = state
    vars(value).update(attributes)
    if isinstance(value, defaultdict):
        value.default_factory = default_factory
    dict.update(value, items)


def blob_file(digest: str) -> BlobFile:
    """Name under which a pickle refers to a blob; the unpickler knows the folder."""
    raise LabError(f"blob {digest} has no folder")


class _Unpickler(pickle.Unpickler):
    def __init__(self, source: io.BytesIO, blobs: Blobs) -> None:
        super().__init__(source)
        self._blobs = blobs

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == (__name__, blob_file.__name__):
            return partial(_existing, self._blobs)
        return super().find_class(module, name)


def _existing(blobs: Blobs, digest: str) -> BlobFile:
    if not blobs.path(digest).exists():
        raise LabError(f"{blobs.path(digest)} is missing, so the cloud's state cannot be restored; {START_AFRESH}.")
    return BlobFile(blobs, digest)
