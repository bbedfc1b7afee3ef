"""Sends a profile's requests at their times and notes what becomes of each."""

import asyncio
import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle

import aiohttp

from mlops_lab.errors import LabError
from mlops_lab.load.address import require_own
from mlops_lab.load.profile import Profile, duration, schedule
from mlops_lab.load.summary import Bound, Sample, Second, Summary, second_of, summarise
from mlops_lab.serving.answer import MODEL_VERSION

Progress = Callable[[Second], None]
PATIENCE = 0.2  # most seconds until a stop is heard
CALLER = {"User-Agent": "mlops-lab-load"}


@dataclass(frozen=True)
class Limits:
    """What a run never exceeds, whatever its profile says; what is due beyond is counted as dropped."""

    requests: int = 200_000
    seconds: float = 3_600
    concurrency: int = 256  # requests in flight
    timeout: float = 10  # seconds for one request


LIMITS = Limits()


def silent(second: Second) -> None:
    """Show nothing."""


def run(
    url: str,
    headers: Mapping[str, str],
    bodies: Sequence[bytes],
    profile: Profile,
    limits: Limits = LIMITS,
    progress: Progress = silent,
    *,
    balancer: str | None = None,
    stop: threading.Event | None = None,
) -> Summary:
    """POST a profile's requests and return what was seen; Ctrl-C ends the run early and still returns it.

    It may be called where an event loop already runs, as in a notebook: the run has a thread and a loop of its own.

    Args:
        url: Where the requests go.
        headers: Of each request.
        bodies: Sent in turn, over and over.
        profile: The rate over time.
        limits: What the run never exceeds.
        progress: Gets every second as it ends, in the run's thread.
        balancer: Base URL of the lab's load balancer, where requests may go beside this machine.
        stop: Ends the run when it is set.

    Raises:
        LabError: The address is not the lab's, or there is nothing to send.
    """
    require_own(url, balancer)
    if not bodies:
        raise LabError("There are 0 request bodies; name at least one.")
    ended = stop or threading.Event()
    offer = Offer(url, headers, bodies, limits, progress, ended)
    with ThreadPoolExecutor(1, thread_name_prefix="load") as pool:
        running = pool.submit(asyncio.run, offer.make(profile))
        try:
            return running.result()
        except KeyboardInterrupt:
            ended.set()
            return running.result()


class Offer:
    """One run: which requests are under way, and what has become of the others."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        bodies: Sequence[bytes],
        limits: Limits,
        progress: Progress,
        stop: threading.Event,
    ):
        self._url, self._headers, self._bodies = url, headers, cycle(bodies)
        self._limits, self._progress, self._stop = limits, progress, stop
        self._samples: list[Sample] = []
        self._crowded: list[float] = []
        self._under_way: set[asyncio.Task[None]] = set()
        self._due: Counter[int] = Counter()  # by second
        self._unsent: Counter[int] = Counter()  # of these, left out as too many were under way
        self._start = 0.0

    async def make(self, profile: Profile) -> Summary:
        """Send everything that is due, wait for the last answers, and draw up the summary."""
        started = datetime.now(UTC)
        async with self._session() as session:
            self._start = time.monotonic()
            showing = asyncio.create_task(self._show())
            beyond = await self._send_due(session, profile)
            seconds = min(self._now(), duration(profile))
            await asyncio.gather(*self._under_way)
            await _ended(showing)
        return summarise(self._samples, started, seconds, self._crowded, beyond)

    def _session(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self._limits.concurrency),
            timeout=aiohttp.ClientTimeout(self._limits.timeout),
            headers={**CALLER, **self._headers},
            cookie_jar=aiohttp.DummyCookieJar(),  # a cookie that pins clients to a task would unbalance the load
            auto_decompress=False,
        )

    async def _send_due(self, session: aiohttp.ClientSession, profile: Profile) -> Mapping[Bound, int]:
        """Start requests until the profile, a limit or the caller ends; return what was due beyond the limit."""
        total = math.ceil(sum(stage.requests for stage in profile) - 1e-9)
        for count, due in enumerate(schedule(profile)):
            if due >= self._limits.seconds or count >= self._limits.requests:
                return {"requests" if count >= self._limits.requests else "seconds": total - count}
            if not await self._reached(due):
                return {}
            self._due[int(due)] += 1
            if len(self._under_way) >= self._limits.concurrency:
                self._crowded.append(due)
                self._unsent[int(due)] += 1
                continue
            task = asyncio.create_task(self._send(session, due, next(self._bodies)))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        await self._reached(
            min(duration(profile), self._limits.seconds)
        )  # a profile may end in a stage without a request
        return {}

    async def _reached(self, due: float) -> bool:
        """Wait until a request is due; return whether the run still goes on."""
        while (left := due - self._now()) > 0 and not self._stop.is_set():
            await asyncio.sleep(min(left, PATIENCE))
        await asyncio.sleep(0)  # when late, the answers must have their turn all the same
        return not self._stop.is_set()

    async def _send(self, session: aiohttp.ClientSession, due: float, body: bytes) -> None:
        sent, error, version = self._now(), None, None
        try:
            async with session.post(self._url, data=body, allow_redirects=False) as answer:
                await answer.read()
                version = answer.headers.get(MODEL_VERSION)
                error = None if 200 <= answer.status < 300 else f"http {answer.status}"
        except (aiohttp.ClientError, TimeoutError, OSError) as failure:
            error = kind(failure)
        self._samples.append(Sample(due, sent, self._now(), error, version))

    async def _show(self) -> None:
        shown = 0
        for second in range(math.ceil(self._limits.seconds + self._limits.timeout) + 1):
            await asyncio.sleep(max(0.0, second + 1 - self._now()))
            answered, shown = self._samples[shown:], len(self._samples)
            dropped = self._unsent[second]
            self._progress(second_of(second, self._due[second] - dropped, dropped, answered, len(self._under_way)))

    def _now(self) -> float:
        return time.monotonic() - self._start


def kind(failure: BaseException) -> str:
    """Return the kind of error that a summary counts a failure under."""
    if isinstance(failure, TimeoutError):
        return "timeout"
    if isinstance(failure, aiohttp.ClientConnectorError):
        return "connection refused" if isinstance(failure.os_error, ConnectionRefusedError) else "cannot connect"
    if isinstance(failure, aiohttp.ClientPayloadError):
        return "answer cut off"
    if isinstance(failure, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError | ConnectionError):
        return "connection closed"
    return type(failure).__name__


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
