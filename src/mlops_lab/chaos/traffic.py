"""Steady requests with ids of their own, so that each acknowledged prediction can be looked for afterwards."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import aiohttp

from mlops_lab.load.address import require_own
from mlops_lab.load.generator import kind
from mlops_lab.load.live import Aim

RATE = 20.0  # requests a second
TIMEOUT = 5.0  # seconds for one request
MOST = 20_000  # requests of one experiment


@dataclass(frozen=True)
class Request:
    """One request; times in seconds since the traffic began."""

    id: str
    sent: float
    ended: float
    error: str | None  # None: acknowledged with 200


class Traffic:
    """Requests at an even rate until it is told to end."""

    def __init__(self, aim: Aim, name: str) -> None:
        require_own(aim.url, aim.balancer)
        self.requests: list[Request] = []
        self._aim, self._name = aim, name
        self._ended = threading.Event()
        self._began = time.monotonic()

    @property
    def now(self) -> float:
        """Seconds since it began."""
        return time.monotonic() - self._began

    def end(self) -> None:
        """Send no more."""
        self._ended.set()

    async def run(self) -> None:
        """Send until the end, and wait for the last answers."""
        under_way = set()
        timeout = aiohttp.ClientTimeout(TIMEOUT)
        async with aiohttp.ClientSession(timeout=timeout, headers=self._aim.headers) as session:
            for count in range(MOST):
                await asyncio.sleep(max(0.0, count / RATE - self.now))
                if self._ended.is_set():
                    break
                task = asyncio.create_task(self._send(session, count))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            await asyncio.gather(*under_way)

    async def _send(self, session: aiohttp.ClientSession, count: int) -> None:
        name, sent, error = f"{self._name}-{count}", self.now, None
        body = self._aim.bodies[count % len(self._aim.bodies)]
        try:
            async with session.post(self._aim.url, data=body, headers={"x-request-id": name}) as answer:
                await answer.read()
                error = None if answer.status == 200 else f"http {answer.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            error = kind(failure)
        self.requests.append(Request(name, sent, self.now, error))


@contextmanager
def offered(aim: Aim, name: str) -> Iterator[Traffic]:
    """Offer traffic while the context lasts; its last answers are there at the end."""
    traffic = Traffic(aim, name)
    thread = threading.Thread(target=lambda: asyncio.run(traffic.run()), name="chaos-traffic")
    thread.start()
    try:
        yield traffic
    finally:
        traffic.end()
        thread.join()
