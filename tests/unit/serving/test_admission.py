"""Who is let in, and that a stranger learns nothing and costs nothing: no clock is read here, only what is done."""

import asyncio
import hmac
from collections.abc import AsyncIterator

import httpx
import pytest

from mlops_lab.registry.bundle import Bundle
from mlops_lab.serving.app import create_app
from mlops_lab.serving.model import Model

KEYS = ["old key", "the new key"]
JSON = {"content-type": "application/json"}


@pytest.fixture(scope="module")
def model(bundle: Bundle) -> Model:
    return Model(bundle)


def post(model: Model, headers: dict[bytes, bytes], content: AsyncIterator[bytes]) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(create_app(model, KEYS))
        async with httpx.AsyncClient(transport=transport, base_url="http://task", headers=JSON) as api:
            return await api.post("/income/predict", content=content, headers=headers)

    return asyncio.run(ask())


async def body() -> AsyncIterator[bytes]:
    yield b"{}"


async def untouchable() -> AsyncIterator[bytes]:
    raise AssertionError("the body of a stranger was read")
    yield


GIVEN = [None, b"", b"o", b"old ke", b"old key", b"the new key", b"x" * 10_000, b"\xff\x80"]


@pytest.mark.parametrize("given", GIVEN)
def test_every_key_is_compared_in_constant_time_whatever_is_given(
    model: Model, given: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[bytes, bytes]] = []
    compare = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda *pair: compared.append(pair) or compare(*pair))

    answer = post(model, {} if given is None else {b"x-api-key": given}, body())

    # compare_digest takes the time of its second argument: the key's, not the stranger's.
    assert compared == [(given or b"", key.encode()) for key in KEYS]
    assert answer.status_code == (422 if given and given.decode("latin-1") in KEYS else 401)


@pytest.mark.parametrize("given", [None, b"", b"old ke", b"the new key "])
def test_the_body_of_a_stranger_is_not_read(model: Model, given: bytes | None) -> None:
    headers = {} if given is None else {b"x-api-key": given}

    assert post(model, headers, untouchable()).status_code == 401


def test_a_missing_and_a_wrong_key_get_the_same_answer(model: Model) -> None:
    same = {b"x-request-id": b"one"}

    missing, wrong = post(model, same, body()), post(model, {**same, b"x-api-key": b"wrong"}, body())

    assert (missing.status_code, missing.content, missing.headers) == (wrong.status_code, wrong.content, wrong.headers)
