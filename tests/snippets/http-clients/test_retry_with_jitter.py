"""What may pass and may be repeated is, with the wait that the server asks for; all else is not."""

import asyncio
import heapq
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import ModuleType
from typing import Any

import httpx2
import pytest
import stamina
from stamina.instrumentation import RetryDetails, set_on_retry_hooks

type Answers = list[httpx2.Response | type[httpx2.TransportError]]
OK = httpx2.Response(200, json={"id": 7})


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to the next timer instead of waiting for it."""

    now = 0.0

    def time(self) -> float:
        return self.now

    def _run_once(self) -> None:
        loop: Any = self
        while loop._scheduled and loop._scheduled[0]._cancelled:
            heapq.heappop(loop._scheduled)._scheduled = False
            loop._timer_cancelled_count -= 1
        if not loop._ready and loop._scheduled:
            self.now = max(self.now, loop._scheduled[0].when())
        super()._run_once()  # type: ignore[misc]  # the step of the loop, private


@pytest.fixture(autouse=True)
def waits() -> Iterator[list[float]]:
    """Give the seconds waited before each retry."""
    kept: list[float] = []

    def keep(details: RetryDetails) -> None:
        kept.append(details.wait_for)

    set_on_retry_hooks([keep])
    yield kept
    set_on_retry_hooks(None)


@pytest.fixture
def jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "random", lambda: 0.75)


def refused(status: int = 503, wait: str | None = None) -> httpx2.Response:
    return httpx2.Response(status, headers={} if wait is None else {"Retry-After": wait})


def called(
    snippet: ModuleType, answers: Answers, method: str = "GET", **options: Any
) -> tuple[httpx2.Response, list[httpx2.Request]]:
    asked: list[httpx2.Request] = []
    left = iter(answers)

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        found = next(left)
        if isinstance(found, httpx2.Response):
            return found
        raise found(found.__name__, request=request)

    async def test() -> httpx2.Response:
        transport = httpx2.MockTransport(answer)
        async with httpx2.AsyncClient(transport=transport, base_url="http://partner") as client:
            request = client.build_request(method, "/accounts/7", **options)
            found: httpx2.Response = await snippet.send(client, request)
            return found

    return asyncio.run(test(), loop_factory=JumpingLoop), asked


def not_repeated(snippet: ModuleType, first: Any, method: str = "GET", **options: Any) -> None:
    with pytest.raises((httpx2.HTTPStatusError, httpx2.TransportError)):
        called(snippet, [first, OK], method, **options)


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])
def test_passing_refusal_of_an_idempotent_call_is_repeated(
    snippet: ModuleType, waits: list[float], method: str, status: int
) -> None:
    answer, asked = called(snippet, [refused(status), OK], method)
    assert (answer.status_code, len(asked)) == (200, 2)
    assert 0.1 <= waits[0] <= 1.1  # stamina's own, with its jitter


@pytest.mark.parametrize("status", [301, 400, 401, 404, 409, 500, 501])
def test_other_status_is_an_answer(snippet: ModuleType, waits: list[float], status: int) -> None:
    not_repeated(snippet, refused(status, "1"))
    assert waits == []


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("first", [refused(), httpx2.ReadTimeout, httpx2.RemoteProtocolError])
def test_call_that_is_not_idempotent_is_made_once(
    snippet: ModuleType, waits: list[float], method: str, first: Any
) -> None:
    not_repeated(snippet, first, method)
    assert waits == []


@pytest.mark.parametrize("first", [refused(), httpx2.ReadTimeout, httpx2.ReadError])
def test_idempotency_key_makes_a_post_safe_and_is_sent_again(
    snippet: ModuleType, first: Any
) -> None:
    headers = {"Idempotency-Key": "0199c2a4"}
    _, asked = called(snippet, [first, OK], "POST", headers=headers, json={"amount": 9})
    assert [request.headers["Idempotency-Key"] for request in asked] == ["0199c2a4"] * 2
    assert [request.content for request in asked] == [b'{"amount":9}'] * 2


@pytest.mark.parametrize("error", [httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout])
def test_post_that_was_never_sent_is_repeated(
    snippet: ModuleType, error: type[httpx2.TransportError]
) -> None:
    assert len(called(snippet, [error, OK], "POST")[1]) == 2


@pytest.mark.usefixtures("jitter")
@pytest.mark.parametrize(("header", "seconds"), [("3", 3.75), ("10", 10.75), (" 1 ", 1.75)])
def test_server_decides_the_wait_and_jitter_comes_on_top(
    snippet: ModuleType, waits: list[float], header: str, seconds: float
) -> None:
    called(snippet, [refused(503, header), OK])
    assert waits == [seconds]


@pytest.mark.usefixtures("jitter")
def test_wait_may_be_a_date(snippet: ModuleType, waits: list[float]) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=9)
    called(snippet, [refused(429, format_datetime(moment, usegmt=True)), OK])
    assert 3 < waits[0] - 0.75 <= 9


@pytest.mark.parametrize("header", ["0", "soon", "", "-3", "Sat, 21 Nov 2020 08:00:00 GMT"])
def test_wait_that_is_none_leaves_the_usual_one(
    snippet: ModuleType, waits: list[float], header: str
) -> None:
    called(snippet, [refused(503, header), OK])
    assert 0.1 <= waits[0] <= 1.1


@pytest.mark.parametrize("header", ["11", "3600"])
def test_wait_that_nobody_has_time_for_ends_it(
    snippet: ModuleType, waits: list[float], header: str
) -> None:
    not_repeated(snippet, refused(503, header))
    assert waits == []


def test_fourth_failure_is_the_last_and_keeps_its_type(
    snippet: ModuleType, waits: list[float]
) -> None:
    answers: Answers = [refused(502), refused(502), refused(502), refused(504), OK]
    with pytest.raises(httpx2.HTTPStatusError) as failed:
        called(snippet, answers)
    assert failed.value.response.status_code == 504
    assert len(waits) == 3


def test_no_retry_begins_after_fifteen_seconds(
    snippet: ModuleType, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1000, 8))
    monkeypatch.setattr("tenacity.time.monotonic", lambda: float(next(clock)))
    with pytest.raises(httpx2.HTTPStatusError):
        called(snippet, [refused(), refused(), refused(), OK])
    assert len(waits) == 1


def test_error_of_our_own_is_not_repeated(snippet: ModuleType) -> None:
    assert snippet.wait_before_retry(KeyError("amount")) is False
    not_repeated(snippet, httpx2.UnsupportedProtocol)


def test_tests_that_switch_stamina_off_make_one_call(
    snippet: ModuleType, waits: list[float]
) -> None:
    stamina.set_active(False)
    try:
        not_repeated(snippet, refused())
    finally:
        stamina.set_active(True)
    assert waits == []


def test_real_server_is_asked_again(snippet: ModuleType, waits: list[float]) -> None:
    statuses = [503, 200]

    class Partner(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the name that http.server calls
            self.send_response(statuses.pop(0))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as in http.server
            pass

    async def test(port: int) -> int:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            answer: httpx2.Response = await snippet.send(client, client.build_request("GET", "/"))
            return answer.status_code

    with HTTPServer(("127.0.0.1", 0), Partner) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        assert asyncio.run(test(server.server_port)) == 200
        server.shutdown()
    assert (statuses, len(waits)) == ([], 1)
