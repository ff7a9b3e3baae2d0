"""Prices come together, one failure stops all or is kept by name, and a bug is never one."""

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from types import ModuleType
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

type Use = Callable[[aiohttp.ClientSession], Awaitable[None]]


class Prices:
    """A server that answers once `expected` calls wait at the same time."""

    def __init__(self, expected: int = 0) -> None:
        self.asked: list[str] = []
        self.hung_up: list[str] = []
        self.expected = asyncio.Barrier(expected) if expected else None

    async def answer(self, request: web.Request) -> web.Response:
        sku = request.query["sku"]
        self.asked.append(sku)
        if self.expected:
            await self.expected.wait()
        match sku:
            case "gone":
                raise web.HTTPNotFound
            case "broken":
                return web.json_response({"price": 1})
            case "hangs":
                request.transport.close()
            case "slow":
                try:
                    await asyncio.sleep(30)
                except asyncio.CancelledError:
                    self.hung_up.append(sku)
                    raise
        return web.json_response({"amount": f"{len(sku)}.10"})


def run(snippet: ModuleType, monkeypatch: pytest.MonkeyPatch, prices: Prices, use: Use) -> None:
    async def serve() -> None:
        app = web.Application()
        app.router.add_get("/v1/prices", prices.answer)
        server = TestServer(app, handler_cancellation=True)
        async with asyncio.timeout(60), server:
            monkeypatch.setenv("PRICES_URL", str(server.make_url("/v1/")))
            async with snippet.open_session() as session:
                await use(session)

    asyncio.run(serve())


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110  # what is awaited has no event of its own
            await asyncio.sleep(0)


def test_prices_come_at_the_same_time(snippet: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    skus = [f"sku{'x' * number}" for number in range(20)]

    async def use(session: aiohttp.ClientSession) -> None:
        expected = {sku: Decimal(f"{len(sku)}.10") for sku in skus}
        assert await snippet.fetch_all(session, skus) == expected
        assert await snippet.fetch_available(session, skus) == (expected, {})

    run(snippet, monkeypatch, Prices(expected=20), use)


def test_host_sees_twenty_at_once_and_the_next_call_waits_on_the_clock(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    skus = [f"{number}" for number in range(21)]

    async def use(session: aiohttp.ClientSession) -> None:
        session._timeout = aiohttp.ClientTimeout(total=2)
        calls = asyncio.create_task(snippet.fetch_available(session, skus))
        connector: Any = session.connector
        await until(lambda: len(prices.asked) == 20 and len(connector._waiters) == 1)
        found, failures = await calls
        assert (found, failures.keys()) == ({}, set(skus))
        assert {isinstance(error, TimeoutError) for error in failures.values()} == {True}

    prices = Prices(expected=21)
    run(snippet, monkeypatch, prices, use)


def test_one_failure_cancels_the_other_calls(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def use(session: aiohttp.ClientSession) -> None:
        with pytest.raises(ExceptionGroup) as failed:
            await snippet.fetch_all(session, ["slow", "gone"])
        (error,) = failed.value.exceptions
        assert isinstance(error, aiohttp.ClientResponseError)
        assert error.status == 404
        await until(lambda: prices.hung_up == ["slow"])

    prices = Prices()
    run(snippet, monkeypatch, prices, use)


def test_gather_alone_leaves_the_other_calls_running(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def use(session: aiohttp.ClientSession) -> None:
        slow = asyncio.create_task(snippet.fetch_price(session, "slow"))
        with pytest.raises(aiohttp.ClientResponseError):
            await asyncio.gather(slow, snippet.fetch_price(session, "gone"))
        assert not slow.done()
        assert not slow.cancelling()
        slow.cancel()
        with pytest.raises(asyncio.CancelledError):
            await slow

    run(snippet, monkeypatch, Prices(), use)


def test_failures_are_kept_by_name(snippet: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(session: aiohttp.ClientSession) -> None:
        session._timeout = aiohttp.ClientTimeout(total=2)
        prices, failures = await snippet.fetch_available(session, ["tea", "gone", "hangs", "slow"])
        assert prices == {"tea": Decimal("3.10")}
        assert {sku: type(error) for sku, error in failures.items()} == {
            "gone": aiohttp.ClientResponseError,
            "hangs": aiohttp.ServerDisconnectedError,
            "slow": TimeoutError,
        }

    run(snippet, monkeypatch, Prices(), use)


def test_answer_of_another_shape_is_raised_and_not_a_failure(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def use(session: aiohttp.ClientSession) -> None:
        with pytest.raises(ExceptionGroup) as failed:
            await snippet.fetch_available(session, ["tea", "broken"])
        assert [type(error) for error in failed.value.exceptions] == [KeyError]
        kept = await asyncio.gather(
            snippet.fetch_price(session, "broken"), return_exceptions=True
        )  # the same bug, silent
        assert [type(error) for error in kept] == [KeyError]

    run(snippet, monkeypatch, Prices(), use)


def test_session_has_limits(snippet: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    async def use(session: aiohttp.ClientSession) -> None:
        assert session.timeout == aiohttp.ClientTimeout(total=5, sock_connect=1)

    run(snippet, monkeypatch, Prices(), use)
