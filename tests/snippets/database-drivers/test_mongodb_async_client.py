"""An order is stored once, paid once and read back typed; a missing server is noticed soon.

Most of it needs a MongoDB server and is skipped where there is none.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import ModuleType
from typing import Any

import bson
import pytest
from bson.errors import InvalidDocument
from pydantic import ValidationError
from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError

from tests.snippets.loading import loaded, snippet_path

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
Orders = AsyncCollection[dict[str, Any]]
Run = Callable[[Callable[[Orders], Awaitable[None]]], None]
Failure = tuple[PyMongoError | None, float]
"""What was raised, and the seconds until then."""


@pytest.fixture
def run(snippet: ModuleType, mongodb_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give what runs a test with the snippet's collection."""
    monkeypatch.setenv("MONGODB_URL", mongodb_url)

    def run_with_orders(test: Callable[[Orders], Awaitable[None]]) -> None:
        async def limited() -> None:
            async with asyncio.timeout(30), snippet.open_orders() as orders:
                await test(orders)

        asyncio.run(limited())

    return run_with_orders


def order_of(snippet: ModuleType, number: str, **fields: Any) -> Any:
    given = {"customer": "Ada", "cents": 420, "placed_at": NOON, **fields}
    return snippet.Order(number=number, **given)


def test_order_is_stored_once_and_read_back_with_its_zone(snippet: ModuleType, run: Run) -> None:
    async def test(orders: Orders) -> None:
        order = order_of(snippet, "17")
        assert await snippet.place(orders, order)
        assert not await snippet.place(orders, order_of(snippet, "17", cents=1))
        assert await snippet.newest_orders(orders, "Ada") == [order]
        assert await orders.count_documents({}) == 1

    run(test)


def test_order_is_paid_once(snippet: ModuleType, run: Run) -> None:
    async def test(orders: Orders) -> None:
        await snippet.place(orders, order_of(snippet, "17"))
        await snippet.place(orders, order_of(snippet, "18"))
        paid = await asyncio.gather(*(snippet.pay(orders, "17") for _ in range(5)))
        assert [order for order in paid if order] == [order_of(snippet, "17", status="paid")]
        assert await orders.count_documents({"status": "open"}) == 1
        assert await snippet.pay(orders, "99") is None

    run(test)


def test_orders_of_a_customer_come_newest_first(snippet: ModuleType, run: Run) -> None:
    async def test(orders: Orders) -> None:
        for day in (2, 3, 1):
            placed_at = NOON + timedelta(days=day)
            await snippet.place(orders, order_of(snippet, str(day), placed_at=placed_at))
        await snippet.place(orders, order_of(snippet, "4", customer="Alan"))
        newest = await snippet.newest_orders(orders, "Ada")
        assert [order.number for order in newest] == ["3", "2", "1"]
        assert await snippet.newest_orders(orders, "Ada", limit=1) == newest[:1]

    run(test)


def test_query_of_a_customer_uses_the_index(snippet: ModuleType, run: Run) -> None:
    async def test(orders: Orders) -> None:
        await snippet.place(orders, order_of(snippet, "17"))
        cursor = orders.find({"customer": "Ada"}).sort("placed_at", -1)
        plan = str((await cursor.explain())["queryPlanner"]["winningPlan"])
        assert "customer_1_placed_at_-1" in plan
        assert "'SORT'" not in plan
        assert (await orders.index_information())["number_1"]["unique"] is True

    run(test)


def test_document_that_someone_else_wrote_is_checked(snippet: ModuleType, run: Run) -> None:
    async def test(orders: Orders) -> None:
        await orders.insert_one({"number": "1", "customer": "Ada", "cents": "many"})
        with pytest.raises(ValidationError, match="cents"):
            await snippet.newest_orders(orders, "Ada")

    run(test)


def test_microseconds_are_cut_off(snippet: ModuleType, run: Run) -> None:
    async def test(orders: Orders) -> None:
        order = order_of(snippet, "17", placed_at=NOON.replace(microsecond=123_456))
        await snippet.place(orders, order)
        (read,) = await snippet.newest_orders(orders, "Ada")
        assert read.placed_at == NOON.replace(microsecond=123_000)

    run(test)


def test_client_belongs_to_its_loop(mongodb_url: str) -> None:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(mongodb_url)

    async def ask() -> None:
        await client.admin.command("ping")

    async def ask_in_another_loop() -> None:
        with pytest.raises(RuntimeError, match="different event loop"):
            await ask()

    with asyncio.Runner() as first:
        first.run(ask())
        asyncio.run(ask_in_another_loop())
        first.run(client.close())


async def given_up(snippet: ModuleType, port: int, patch: pytest.MonkeyPatch) -> Failure:
    """Give how opening the orders of the server at the port failed."""
    start = time.monotonic()
    patch.setenv("MONGODB_URL", f"mongodb://127.0.0.1:{port}/shop")  # read before the first wait
    try:
        async with snippet.open_orders():
            return None, 0
    except PyMongoError as error:
        return error, time.monotonic() - start


@pytest.fixture(scope="module")
def failures() -> dict[str, Failure]:
    """Give how a missing server and a silent one were given up, both at once."""

    async def both() -> list[Failure]:
        closing = asyncio.Event()

        async def be_silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await closing.wait()
            writer.close()

        async with await asyncio.start_server(be_silent, "127.0.0.1", 0) as server:
            ports = (1, server.sockets[0].getsockname()[1])
            found = await asyncio.gather(*(given_up(snippet, port, patch) for port in ports))
            closing.set()
        return found

    with loaded(snippet_path(Path(__file__))) as snippet, pytest.MonkeyPatch.context() as patch:
        return dict(zip(("missing", "silent"), asyncio.run(both()), strict=True))


# Half a minute, and for ever, by default.
@pytest.mark.parametrize("server", ["missing", "silent"])
def test_server_that_does_not_answer_is_given_up_after_three_seconds(
    failures: dict[str, Failure], server: str
) -> None:
    error, seconds = failures[server]
    assert isinstance(error, PyMongoError)
    assert 2.9 < seconds < 20


def test_decimal_is_refused_by_the_driver() -> None:
    with pytest.raises(InvalidDocument, match="Decimal"):
        bson.encode({"total": Decimal("4.20")})


def test_datetimes_lose_their_zone_without_the_option() -> None:
    assert bson.decode(bson.encode({"placed_at": NOON}))["placed_at"].tzinfo is None


def test_missing_server_would_hold_a_caller_for_30_seconds() -> None:
    options = AsyncMongoClient[dict[str, Any]]("mongodb://127.0.0.1:1/shop").options
    assert (options.server_selection_timeout, options.timeout) == (30, None)
