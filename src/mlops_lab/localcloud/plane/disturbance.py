"""Faults of the emulated services, made on purpose: slow, failing, throttling, a full disk, a wrong clock.

A POST to `/lab/disturbance` switches one on; it is over by itself, or when another one replaces it. Nothing of it is in
the journal: what is refused was never executed.
"""

import errno
import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from mlops_lab.localcloud.plane.call import Answer, Call

PATH = "/lab/disturbance"
Kind = Literal["slow", "failing", "throttling", "full", "clock"]
MOST_SECONDS, MOST_AHEAD = 120.0, 86_400.0
SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/[^/]*/([^/]+)/aws4_request")
SLOW_DOWN = "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
THROTTLING = "<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>"


@dataclass(frozen=True)
class Disturbance:
    """What is wrong, where, and for how long."""

    kind: Kind
    service: str = ""  # as requests are signed for it (s3, ssm, monitoring); empty: all of them
    seconds: float = 10.0  # until it is over
    size: float = 0.0  # seconds: of slow, that each call waits; of clock, that it is ahead

    @classmethod
    def parse(cls, body: bytes) -> "Disturbance":
        """Read a request.

        Raises:
            ValueError: It is no JSON object with these fields, or a value is out of its range.
        """
        told = json.loads(body)
        if (
            not isinstance(told, dict)
            or set(told) - set(cls.__dataclass_fields__)
            or told.get("kind") not in get_args(Kind)
        ):
            raise ValueError(f"it takes kind ({', '.join(get_args(Kind))}), service, seconds, size")
        found = cls(
            told["kind"], str(told.get("service", "")), float(told.get("seconds", 10)), float(told.get("size", 0))
        )
        if not (0 <= found.seconds <= MOST_SECONDS and 0 <= found.size <= MOST_AHEAD):
            raise ValueError(f"seconds is {found.seconds:g}, at most {MOST_SECONDS:g}; size is {found.size:g}")
        return found


class Disturbances:
    """The one that is on, if any."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._on: Disturbance | None = None
        self._until = 0.0
        self._met = 0  # calls

    def switch(self, call: Call) -> Answer:
        """Do what a request to the path asks for, and tell how many calls have met the disturbance before it."""
        if call.method != "POST":
            return _json("405 Method Not Allowed", {"message": f"POST a disturbance to {PATH}"})
        try:
            wanted = Disturbance.parse(call.body)
        except (ValueError, TypeError) as error:
            return _json("400 Bad Request", {"message": f"This is no disturbance: {error}."})
        met, self._met = self._met, 0
        self._on, self._until = wanted, self._clock() + wanted.seconds
        return _json("200 OK", {"met": met})

    def meet(self, call: Call) -> Answer | None:
        """Hold a call up, or refuse it; None where it may pass."""
        on = self._active("slow", "failing", "throttling")
        if on is None or (on.service and on.service != signed_for(call)):
            return None
        self._met += 1
        if on.kind == "slow":
            self._sleep(on.size)
            return None
        # A body is no protocol's where it is empty: every client takes the status alone.
        return Answer("500 Internal Server Error", (), b"") if on.kind == "failing" else _throttled(call)

    def require_space(self) -> None:
        """Let no journal be written while the disk is full.

        Raises:
            OSError: It is.
        """
        if self._active("full"):
            self._met += 1
            raise OSError(errno.ENOSPC, "No space left on device")

    def date(self) -> float:
        """Return the time of day that a call gets, in seconds since the epoch."""
        on = self._active("clock")
        self._met += on is not None
        return time.time() + (on.size if on else 0.0)

    def _active(self, *kinds: Kind) -> Disturbance | None:
        on = self._on
        return on if on is not None and on.kind in kinds and self._clock() < self._until else None


def signed_for(call: Call) -> str:
    """Return the service that a call's signature names; empty where it has none."""
    found = SIGNED_FOR.search(str(call.environ.get("HTTP_AUTHORIZATION", "")))
    return found[1] if found else ""


def _throttled(call: Call) -> Answer:
    """Refuse a call as throttled, in the words of its protocol."""
    if "HTTP_X_AMZ_TARGET" in call.environ:
        return _json("400 Bad Request", {"__type": "ThrottlingException", "message": "Rate exceeded"})
    if signed_for(call) == "s3":
        return Answer("503 Slow Down", (("Content-Type", "application/xml"),), SLOW_DOWN.encode())
    if "HTTP_SMITHY_PROTOCOL" in call.environ:
        return Answer("503 Service Unavailable", (), b"")
    return Answer("400 Bad Request", (("Content-Type", "text/xml"),), THROTTLING.encode())


def _json(status: str, told: Mapping[str, object]) -> Answer:
    return Answer(status, (("Content-Type", "application/x-amz-json-1.1"),), json.dumps(told).encode())
