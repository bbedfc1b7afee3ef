"""Delivers SNS messages to HTTP subscribers on this machine, away from whoever publishes them."""

import ipaddress
import logging
import queue
import threading
import time
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import urlsplit

import httpx

WAITING = 1_000  # messages that may wait; more are dropped, and the log says so
TIMEOUT = 5  # seconds for one attempt
ATTEMPTS = 4  # SNS's default policy has three retries; 20 s apart there
PAUSE = 1.0  # seconds between attempts

log = logging.getLogger(__name__)


class Delivery(Protocol):
    """A message on its way; any value with these attributes will do."""

    @property
    def url(self) -> str: ...  # noqa: D102

    @property
    def headers(self) -> Mapping[str, str]: ...  # noqa: D102

    @property
    def body(self) -> bytes: ...  # noqa: D102


class Messenger:
    """Sends one message after the other in a thread.

    A subscriber that does not answer delays the others by 23 s at most; what waits is lost when the process ends.
    """

    def __init__(self, post: Callable[[Delivery], bool] | None = None, pause: float = PAUSE):
        self._post = post or post_once
        self._pause = pause
        self._waiting: queue.Queue[Delivery | None] = queue.Queue(WAITING)
        self._thread = threading.Thread(target=self._run, name="messenger", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more."""
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            log.warning("messages are left unsent")

    def send(self, delivery: Delivery) -> None:
        """Take a message and return at once."""
        if not is_loopback(delivery.url):
            log.warning("%s is not on this machine, and the embedded cloud sends nothing elsewhere", delivery.url)
            return
        try:
            self._waiting.put_nowait(delivery)
        except queue.Full:
            log.error("a message to %s is dropped: %d wait already", delivery.url, WAITING)

    def _run(self) -> None:
        while (delivery := self._waiting.get()) is not None:
            if not self._delivered(delivery):
                log.error("%s did not take a message in %d attempts", delivery.url, ATTEMPTS)

    def _delivered(self, delivery: Delivery) -> bool:
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(self._pause)
            if self._post(delivery):
                return True
        return False


def post_once(delivery: Delivery) -> bool:
    """Send a message; return whether the subscriber took it."""
    try:
        answer = httpx.post(
            delivery.url, content=delivery.body, headers=dict(delivery.headers), timeout=TIMEOUT, trust_env=False
        )
    except httpx.HTTPError:
        return False
    return answer.is_success


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine by a loopback address or ``localhost``."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
