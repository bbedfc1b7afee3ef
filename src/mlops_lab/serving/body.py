"""Reading a request's body without letting a stranger fill the memory."""

import asyncio

from starlette.requests import Request

MAX_BYTES = 2 * 1024 * 1024
SECONDS = 10.0  # that a body may take to arrive; a client that trickles would hold a connection for ever


class BodyTooLargeError(Exception):
    """The body is longer than MAX_BYTES."""


class BodyTooSlowError(Exception):
    """The body has not arrived in SECONDS."""


async def read_body(request: Request, seconds: float = SECONDS) -> bytes:
    """Read a body of at most MAX_BYTES, whether it announces its length or not, for at most so many seconds.

    Raises:
        BodyTooLargeError: It is longer; the rest is not read.
        BodyTooSlowError: It has not arrived in time.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > MAX_BYTES:
        raise BodyTooLargeError
    content = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                content += chunk
                if len(content) > MAX_BYTES:
                    raise BodyTooLargeError
    except TimeoutError:
        raise BodyTooSlowError from None
    return bytes(content)


def is_json(content_type: str | None) -> bool:
    """Whether a Content-Type header announces JSON, with or without parameters."""
    return (content_type or "").partition(";")[0].strip().lower() == "application/json"
