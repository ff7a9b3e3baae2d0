"""A cached price goes when its change is announced, and all go after a time without connection."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from time import monotonic
from types import ModuleType
from typing import Any

import pytest
from redis.asyncio import Redis


@pytest.fixture(autouse=True)
def _server(monkeypatch: pytest.MonkeyPatch, valkey_url: str) -> None:
    monkeypatch.setenv("REDIS_URL", valkey_url)


class Shop:
    """The prices in the database, and how often they were asked for."""

    def __init__(self) -> None:
        """Begin with two prices."""
        self.prices = {"tea": 100, "coffee": 300}
        self.loads = 0
        self.loading = asyncio.Event()
        self.may_load = asyncio.Event()
        self.may_load.set()

    async def load(self, sku: str) -> int:
        """Read the price, and answer once that is allowed."""
        self.loads += 1
        price = self.prices[sku]
        self.loading.set()
        await self.may_load.wait()
        return price


def run(snippet: ModuleType, test: Callable[[Redis, Shop, Any], Awaitable[None]]) -> None:
    """Run the test with a client, a shop, and its cache, which follows the channel."""

    async def limited() -> None:
        shop = Shop()
        cache = snippet.PriceCache(shop.load)
        shop.prices["tea"] = 1
        await cache.get("tea")
        shop.prices["tea"] = 100
        async with asyncio.timeout(30), snippet.connect() as client, following(cache):
            await until(lambda: costs(cache, 100))  # the subscription has emptied the cache
            shop.loads = 0
            await test(client, shop, cache)

    asyncio.run(limited())


@asynccontextmanager
async def following(cache: Any) -> AsyncIterator[None]:
    """Let the cache hear of changes until the block ends."""
    task = asyncio.create_task(cache.follow())
    try:
        yield
    finally:
        task.cancel()
        ends = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(ends[0], asyncio.CancelledError), ends


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask again until it holds; the limit of `run` ends it."""
    while not await holds():  # noqa: ASYNC110 - the server has no event to wait for
        await asyncio.sleep(0.01)


async def heard(client: Redis, number: int) -> bool:
    """Tell whether so many are subscribed."""
    ((_, subscribers),) = await client.pubsub_numsub("prices:changed")
    return bool(subscribers == number)


async def cut_off(client: Redis) -> None:
    """End the connections that listen; those of other databases are not ours."""
    for listener in await client.client_list(_type="pubsub"):
        if int(listener["db"]) == client.connection_pool.connection_kwargs["db"]:
            await client.client_kill_filter(_id=listener["id"])


async def costs(cache: Any, price: int, sku: str = "tea") -> bool:
    """Tell whether that is what the cache says."""
    return bool(await cache.get(sku) == price)


def test_announced_change_is_loaded_and_nothing_else(snippet: ModuleType) -> None:
    async def test(client: Redis, shop: Shop, cache: Any) -> None:
        assert [await cache.get("coffee"), await cache.get("coffee"), shop.loads] == [300, 300, 1]
        shop.prices["tea"] = 120
        assert await cache.get("tea") == 100
        assert await snippet.announce(client, "tea") == 1
        await until(lambda: costs(cache, 120))
        assert await cache.get("coffee") == 300
        assert shop.loads == 2
        assert await snippet.announce(client, "unknown") == 1

    run(snippet, test)


def test_change_that_nobody_heard_is_seen_after_the_connection_is_back(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sleep, may_return = asyncio.sleep, asyncio.Event()

    async def pause(seconds: float) -> None:
        await (may_return.wait() if seconds == 1 else sleep(seconds))

    async def test(client: Redis, shop: Shop, cache: Any) -> None:
        assert await cache.get("tea") == 100
        monkeypatch.setattr(asyncio, "sleep", pause)
        await cut_off(client)
        await until(lambda: heard(client, 0))
        shop.prices["tea"] = 120
        assert await snippet.announce(client, "tea") == 0
        assert await cache.get("tea") == 100
        may_return.set()
        await until(lambda: heard(client, 1))
        await until(lambda: costs(cache, 120))

    run(snippet, test)
    assert caplog.messages == ["not subscribed, trying again"]


def test_change_that_was_never_announced_is_seen_by_the_clock(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert snippet.MAX_AGE == 60

    async def test(_client: Redis, shop: Shop, cache: Any) -> None:
        monkeypatch.setattr(snippet, "MAX_AGE", 0.2)
        began = monotonic()
        assert await cache.get("coffee") == 300
        shop.prices["tea"] = shop.prices["coffee"] = 120
        await until(lambda: costs(cache, 120, "coffee"))
        assert monotonic() - began >= 0.2
        assert await cache.get("tea") == 100  # came while a minute was the limit

    run(snippet, test)


def test_change_during_a_load_leaves_the_old_price_until_the_clock(snippet: ModuleType) -> None:
    async def test(client: Redis, shop: Shop, cache: Any) -> None:
        shop.loading.clear()
        shop.may_load.clear()
        asked = asyncio.create_task(cache.get("coffee"))
        await shop.loading.wait()
        shop.prices["coffee"] = shop.prices["tea"] = 120
        await snippet.announce(client, "coffee")
        await snippet.announce(client, "tea")
        shop.may_load.set()
        assert await asked == 300
        await until(lambda: costs(cache, 120))  # so it has heard of coffee too
        assert await cache.get("coffee") == 300

    run(snippet, test)


@pytest.mark.parametrize("answers", ["refuses", "says-nothing"])
def test_cache_works_and_keeps_trying_while_the_server_is_away(
    snippet: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    answers: str,
) -> None:
    monkeypatch.setattr(snippet, "RECONNECT_PAUSE", 0.01)

    async def test() -> None:
        shop = Shop()
        cache = snippet.PriceCache(shop.load)
        async with following(cache):
            assert await cache.get("tea") == 100
            async with asyncio.timeout(30):
                await until(lambda: warned(caplog))

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if answers == "says-nothing":
            listener.listen()
        port = listener.getsockname()[1]
        monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{port}/0?socket_timeout=0.02")
        asyncio.run(test())


async def warned(caplog: pytest.LogCaptureFixture) -> bool:
    """Tell whether it was tried more than once."""
    return caplog.messages.count("not subscribed, trying again") > 1
