"""Makes moto repeatable: ids come from a seed, the time of day from the call, whatever source a module uses.

Moto draws most ids from `mock_random`, but some modules use `uuid`, `random` or `os.urandom`, and all read the clock.
Inside a call, the modules of moto see substitutes for these; the rest of the process sees the real ones.
"""

import datetime
import os
import random
import sys
import threading
import time
import types
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from moto.core.base_backend import AccountSpecificBackend
from moto.core.common_models import BaseModel
from moto.moto_api._internal import mock_random


class _Moment(threading.local):
    seconds: float | None = None


_moment = _Moment()
_real_datetime = datetime.datetime
_real_time = time.time


def now() -> float:
    """Seconds since the epoch: of the call that is being executed, else of the clock."""
    return _real_time() if _moment.seconds is None else _moment.seconds


@contextmanager
def moment(seed: int | str, seconds: float) -> Iterator[None]:
    """Execute a call at a time of day and with a seed."""
    mock_random.seed(seed)
    _moment.seconds = seconds
    try:
        yield
    finally:
        _moment.seconds = None


class _Like(type):
    """Lets a class stand in for `datetime.datetime`: instances and everything else are the real one's."""

    def __call__(cls, *arguments: Any, **named: Any) -> datetime.datetime:
        return _real_datetime(*arguments, **named)

    def __getattr__(cls, name: str) -> Any:
        return getattr(_real_datetime, name)

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, _real_datetime)


class _Datetime(metaclass=_Like):
    @staticmethod
    def now(tz: datetime.tzinfo | None = None) -> datetime.datetime:
        return _real_datetime.fromtimestamp(now(), tz)

    today = now

    @staticmethod
    def utcnow() -> datetime.datetime:
        return _real_datetime.fromtimestamp(now(), datetime.UTC).replace(tzinfo=None)


class _Module(types.ModuleType):
    """A module with some names replaced."""

    def __init__(self, original: types.ModuleType, **replaced: Any) -> None:
        super().__init__(original.__name__)
        self.__dict__.update(replaced)
        self._original = original

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


_SUBSTITUTES: tuple[tuple[object, object], ...] = (
    (datetime, _Module(datetime, datetime=_Datetime)),
    (_real_datetime, _Datetime),
    (time, _Module(time, time=now)),
    (_real_time, now),
    (uuid, _Module(uuid, uuid1=mock_random.uuid1, uuid4=mock_random.uuid4)),
    (uuid.uuid4, mock_random.uuid4),
    (os, _Module(os, urandom=mock_random.randbytes)),
    (random, mock_random),
)

_LEFT_ALONE = {
    "moto.moto_api._internal.moto_random",  # the generator itself
    "moto.core.base_backend",  # draws ids for its own tables, whenever a read is the first to need one
}


class Tamer:
    """Substitutes the sources of randomness and time in the modules of moto, as they are imported."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._modules = 0

    def tame(self) -> None:
        """Treat the modules that were imported since the last time."""
        if len(sys.modules) == self._modules:
            return
        for name in [name for name in sys.modules if name.startswith("moto.") and name not in self._seen]:
            self._seen.add(name)
            _substitute(sys.modules[name])
        self._modules = len(sys.modules)


def _substitute(module: types.ModuleType) -> None:
    if module.__name__ in _LEFT_ALONE:
        return
    for name, value in list(vars(module).items()):
        for original, substitute in _SUBSTITUTES:
            if value is original:
                setattr(module, name, substitute)


def install() -> None:
    """Make a backend's first state depend on its name alone, and stop moto from keeping every object it ever made."""
    original = AccountSpecificBackend.__getitem__

    def get(self: Any, region: str) -> Any:
        name = "aws" if region == "global" else region
        if name in self.keys():
            return dict.__getitem__(self, name)
        state = mock_random.getstate()
        mock_random.seed(f"{self.service_name}:{self.account_id}:{name}")
        try:
            return original(self, region)
        finally:
            mock_random.setstate(state)

    AccountSpecificBackend.__getitem__ = get
    BaseModel.__new__ = lambda cls, *_, **__: object.__new__(cls)
