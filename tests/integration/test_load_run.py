"""The load generator against a server on this machine that can be slow, refuse, and break off."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator

import pytest
from aiohttp import web
from moto.server import ThreadedMotoServer
from rich.console import Console
from tests.integration.conftest import free_ports

from mlops_lab import catalog
from mlops_lab.cloud.session import client
from mlops_lab.errors import LabError
from mlops_lab.load import live
from mlops_lab.load.generator import Limits, run
from mlops_lab.load.profile import constant, steps
from mlops_lab.load.summary import Second
from mlops_lab.settings import Settings

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
HEADERS = {"x-api-key": "key", "content-type": "application/json"}
BODIES = [b"[1]", b"[2]", b"[3]"]


class Server:
    """Notes what it is sent, and answers as it is told."""

    def __init__(self) -> None:
        self.answer: Answer = answer_at_once
        self.seen: list[tuple[str, str | None]] = []
        self.url = ""
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> "Server":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _serve(self) -> None:
        runner = web.AppRunner(self._application(), access_log=None, handler_cancellation=True)
        self._loop.run_until_complete(runner.setup())
        site = web.TCPSite(runner, "127.0.0.1", 0)
        self._loop.run_until_complete(site.start())
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/income/predict"
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(runner.cleanup())
        self._loop.close()

    def _application(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/income/predict", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append((await request.text(), request.headers.get("x-api-key")))
        return await self.answer(request)


async def answer_at_once(request: web.Request) -> web.StreamResponse:
    return web.json_response({}, headers={"X-Model-Version": "7"})


def answer_after(seconds: float) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await answer_at_once(request)

    return answer


def answer_with(status: int) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"Location": "http://example.com/"} if status == 302 else {})

    return answer


async def break_off(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


@pytest.fixture
def settings(server: "Server") -> Iterator[Settings]:
    """A cloud that knows the API key, and the server where its load balancer is."""
    cloud = ThreadedMotoServer("127.0.0.1", 0)
    cloud.start()
    balancer = int(server.url.split(":")[2].partition("/")[0])
    found = Settings(cloud_port=cloud.get_host_and_port()[1], balancer_port=balancer)
    key = {"Name": catalog.API_KEY_PARAMETER, "Value": "from-ssm", "Type": "SecureString"}
    client(found, "ssm").put_parameter(**key, Overwrite=True)  # moto's account outlives its server
    yield found
    cloud.stop()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as started:
        yield started


def test_everything_that_is_due_is_sent_with_key_and_bodies_in_turn(server: Server):
    summary = run(server.url, HEADERS, BODIES, steps((30, 1), (10, 1)))

    assert (summary.offered, summary.succeeded, summary.failed, summary.dropped) == (40, 40, 0, {})
    assert summary.versions == {"7": 40}
    assert [each.offered for each in summary.timeline][:2] == [30, 10]
    assert {key for _, key in server.seen} == {"key"}
    assert {body: [sent for sent, _ in server.seen].count(body) for body in ("[1]", "[2]", "[3]")} == {
        "[1]": 14,
        "[2]": 13,
        "[3]": 13,
    }


def test_requests_leave_however_long_the_answers_to_those_before_take(server: Server):
    async def answer_once_all_are_there(request: web.Request) -> web.StreamResponse:
        while len(server.seen) < 20:
            await asyncio.sleep(0.05)
        return await answer_at_once(request)

    server.answer = answer_once_all_are_there

    summary = run(server.url, HEADERS, BODIES, constant(20, 1), Limits(timeout=5))

    assert summary.succeeded == 20  # a client that waits for an answer before it asks again never gets the first


def test_a_slow_answer_delays_no_other_and_its_latency_counts_from_when_it_was_due(server: Server):
    server.answer = answer_after(1.0)

    summary = run(server.url, HEADERS, BODIES, constant(20, 1))

    assert summary.latency is not None
    assert summary.latency.p50 >= 1.0
    assert summary.timeline[0].in_flight == 20


def test_what_is_due_while_too_many_are_under_way_is_dropped_and_counted(server: Server):
    server.answer = answer_after(5.0)

    summary = run(server.url, HEADERS, BODIES, constant(20, 1), Limits(concurrency=4))

    assert summary.offered == 20
    assert summary.succeeded == 4
    assert summary.dropped == {"concurrency": 16}
    assert len(server.seen) == 4


def test_a_run_ends_at_its_limit_of_requests_and_counts_the_rest(server: Server):
    summary = run(server.url, HEADERS, BODIES, constant(1_000, 1_000_000), Limits(requests=10))

    assert summary.succeeded == 10
    assert summary.dropped == {"requests": 999_999_990}


def test_a_run_ends_at_its_limit_of_time_and_counts_the_rest(server: Server):
    summary = run(server.url, HEADERS, BODIES, steps((20, 1), (0, 500), (20, 1)), Limits(seconds=0.5))

    assert summary.succeeded == 10
    assert summary.dropped == {"seconds": 30}


@pytest.mark.parametrize("status", [302, 401, 422, 500, 503])
def test_an_answer_that_is_no_success_is_an_error_of_its_status(server: Server, status: int):
    server.answer = answer_with(status)

    summary = run(server.url, HEADERS, BODIES, constant(5, 1))

    assert summary.errors == {f"http {status}": 5}
    assert summary.latency is None


def test_an_answer_that_takes_too_long_is_a_timeout(server: Server):
    server.answer = answer_after(30)

    summary = run(server.url, HEADERS, BODIES, constant(5, 1), Limits(timeout=0.3))

    assert summary.errors == {"timeout": 5}


def test_a_connection_that_breaks_is_an_error_and_is_not_tried_again(server: Server):
    server.answer = break_off

    summary = run(server.url, HEADERS, BODIES, constant(5, 1))

    assert summary.errors == {"connection closed": 5}
    assert len(server.seen) == 5


def test_nobody_listening_is_connection_refused():
    (port,) = free_ports(1)

    summary = run(f"http://127.0.0.1:{port}/", HEADERS, BODIES, constant(5, 1))

    assert summary.errors == {"connection refused": 5}


def test_every_second_is_reported_as_it_ends(server: Server):
    reported: list[tuple[Second, float]] = []

    begun = time.monotonic()
    run(
        server.url,
        HEADERS,
        BODIES,
        constant(10, 2.5),
        progress=lambda second: reported.append((second, time.monotonic())),
    )

    assert [second.second for second, _ in reported] == [0, 1]
    assert [second.offered for second, _ in reported] == [10, 10]
    assert all(moment - begun >= second.second + 1 for second, moment in reported)


def test_a_report_that_fails_is_not_silent(server: Server):
    def broken(second: Second) -> None:
        raise ValueError("cannot show")

    with pytest.raises(ValueError, match="cannot show"):
        run(server.url, HEADERS, BODIES, constant(10, 1.5), progress=broken)


def test_a_stop_ends_the_run_and_keeps_what_was_seen(server: Server):
    stop = threading.Event()

    summary = run(server.url, HEADERS, BODIES, constant(10, 600), progress=lambda second: stop.set(), stop=stop)

    assert 10 <= summary.succeeded <= 20
    assert summary.offered_rate == pytest.approx(10, rel=0.3)


def test_a_run_can_be_made_inside_an_event_loop(server: Server):
    async def notebook() -> int:
        return run(server.url, HEADERS, BODIES, constant(10, 0.5)).succeeded

    assert asyncio.run(notebook()) == 5


def test_somebody_else_s_server_is_refused_before_anything_is_sent():
    with pytest.raises(LabError, match="not the lab's"):
        run("http://example.com/", HEADERS, BODIES, constant(1, 1))


def test_a_run_without_a_body_is_refused(server: Server):
    with pytest.raises(LabError, match="0 request bodies"):
        run(server.url, HEADERS, [], constant(1, 1))


def test_load_on_a_project_goes_through_its_balancer_with_the_key_from_ssm(server: Server, settings: Settings):
    console = Console(record=True, width=120)

    summary = live.load_and_show(settings, "income", "20:1", console)

    assert summary.succeeded == 20
    assert {key for _, key in server.seen} == {"from-ssm"}
    assert "20.0 a second" in console.export_text()


def test_varied_load_sends_rows_of_the_project_s_table(server: Server, settings: Settings):
    live.load_and_show(settings, "income", "20:1", Console(record=True), varied=True)

    assert len({body for body, _ in server.seen}) == 20


def test_load_without_one_success_says_what_was_seen(server: Server, settings: Settings):
    server.answer = answer_with(503)

    with pytest.raises(LabError, match="Not one of 5 requests to income succeeded \\(http 503\\); see `make status`"):
        live.load_and_show(settings, "income", "5:1", Console(record=True))
