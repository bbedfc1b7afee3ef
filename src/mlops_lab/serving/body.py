"""Reading a request's body without letting a stranger fill the memory."""

from starlette.requests import Request

MAX_BYTES = 2 * 1024 * 1024


class BodyTooLargeError(Exception):
    """The body is longer than MAX_BYTES."""


async def read_body(request: Request) -> bytes:
    """Read a body of at most MAX_BYTES, whether it announces its length or not.

    Raises:
        BodyTooLargeError: It is longer; the rest is not read.
    """
    announced = request.headers.get("content-length", "0")
    if announced.isdecimal() and int(announced) > MAX_BYTES:
        raise BodyTooLargeError
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            raise BodyTooLargeError
    return bytes(content)


def is_json(content_type: str | None) -> bool:
    """Whether a Content-Type header announces JSON, with or without parameters."""
    return (content_type or "").partition(";")[0].strip().lower() == "application/json"
