"""Reading a request's body without letting a stranger fill the memory."""

import asyncio
from collections.abc import Coroutine, Generator, Mapping
from types import coroutine
from typing import Any

from starlette.types import Receive

MAX_BYTES = 2 * 1024 * 1024
SECONDS = 10.0  # that a body may take to arrive; a client that trickles would hold a connection for ever


class BodyTooLargeError(Exception):
    """The body is longer than MAX_BYTES."""


class BodyTooSlowError(Exception):
    """The body has not arrived in SECONDS, or its client is gone."""


async def read_body(headers: Mapping[bytes, bytes], receive: Receive, seconds: float = SECONDS) -> bytes:
    """Read a body of at most MAX_BYTES, whether it announces its length or not, for at most so many seconds.

    Raises:
        BodyTooLargeError: It is longer; the rest is not read.
        BodyTooSlowError: It has not arrived in time.
    """
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > MAX_BYTES:
        raise BodyTooLargeError
    reading = _content(receive)
    try:
        awaited = reading.send(None)
    except StopIteration as ended:  # it had arrived with the head: most do, and a timer costs more than to decode it
        return ended.value  # type: ignore[no-any-return]
    try:
        async with asyncio.timeout(seconds):
            return await _rest(reading, awaited)
    except TimeoutError:
        raise BodyTooSlowError from None


def is_json(content_type: bytes) -> bool:
    """Whether a Content-Type header announces JSON, with or without parameters."""
    return content_type.partition(b";")[0].strip().lower() == b"application/json"


async def _content(receive: Receive) -> bytes:
    content, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise BodyTooSlowError
        content += message.get("body", b"")
        if len(content) > MAX_BYTES:
            raise BodyTooLargeError
        more = message.get("more_body", False)
    return bytes(content)


@coroutine
def _rest(reading: Coroutine[Any, None, bytes], awaited: Any) -> Generator[Any, None, bytes]:
    """Go on with a coroutine whose first step was taken, and wait for what that step awaits."""
    try:
        yield awaited
    except BaseException:
        reading.close()
        raise
    content: bytes = yield from reading
    return content
