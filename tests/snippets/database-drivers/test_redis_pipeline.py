"""Stock is never sold twice, conflicts are retried a few times, and a dead server is given up."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import ModuleType
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

Run = Callable[[Callable[[Redis], Awaitable[None]]], None]


@pytest.fixture
def run(snippet: ModuleType, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give what runs a test with the snippet's client."""
    monkeypatch.setenv("REDIS_URL", valkey_url)

    def run_with_client(test: Callable[[Redis], Awaitable[None]]) -> None:
        async def limited() -> None:
            async with asyncio.timeout(40), snippet.new_client() as client:
                await test(client)

        asyncio.run(limited())

    return run_with_client


@asynccontextmanager
async def watched(client: Redis) -> AsyncIterator[list[str]]:
    """Give a list that holds at the end what the server got for this database meanwhile."""
    commands: list[str] = []
    database = str(client.connection_pool.connection_kwargs["db"])
    async with client.monitor() as monitor:
        await client.ping()  # a second connection, whose greeting shall not count
        while (await monitor.next_command())["command"] != "PING":
            pass
        yield commands
        await client.echo("the end")
        while (seen := await monitor.next_command())["command"] != "ECHO the end":
            if str(seen["db"]) == database:
                commands.append(seen["command"])


class Disturbed(Pipeline):
    """A pipeline in whose back another client changes what it has just read."""

    times = 0
    read = 0

    async def get(self, name: Any) -> Any:
        value = await super().get(name)
        Disturbed.read += 1
        if Disturbed.read <= Disturbed.times:
            async with Redis(connection_pool=self.connection_pool) as other:
                await other.incr(name)
        return value


def disturbed(client: Redis, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    Disturbed.times, Disturbed.read = times, 0

    def pipeline(transaction: bool) -> Pipeline:  # noqa: FBT001  # as redis-py has it
        return Disturbed(client.connection_pool, {}, transaction, None)

    monkeypatch.setattr(client, "pipeline", pipeline)


def test_carts_are_read_in_one_go_without_a_transaction(snippet: ModuleType, run: Run) -> None:
    async def test(client: Redis) -> None:
        await client.hset("cart:ada", mapping={"tea": 2})
        async with watched(client) as commands:
            carts = await snippet.read_carts(client, ["ada", "alan"])
        assert carts == {"ada": {"tea": "2"}, "alan": {}}
        assert commands == ["HGETALL cart:ada", "HGETALL cart:alan"]

    run(test)


def test_reservation_takes_the_stock_and_names_the_order(snippet: ModuleType, run: Run) -> None:
    async def test(client: Redis) -> None:
        await client.set("stock:tea", 5)
        async with watched(client) as commands:
            assert await snippet.reserve(client, "tea", 5, "17")
        assert commands[0] == "WATCH stock:tea"
        assert [line.split()[0] for line in commands[2:]] == ["MULTI", "DECRBY", "HSET", "EXEC"]
        assert await client.get("stock:tea") == "0"
        assert await client.hgetall("order:17") == {"tea": "5"}

    run(test)


@pytest.mark.parametrize("stock", [None, 4])
def test_missing_stock_is_refused_and_nothing_changes(
    snippet: ModuleType, run: Run, stock: int | None
) -> None:
    async def test(client: Redis) -> None:
        if stock is not None:
            await client.set("stock:tea", stock)
        assert not await snippet.reserve(client, "tea", 5, "17")
        assert await client.get("stock:tea") == (None if stock is None else str(stock))
        assert not await client.exists("order:17")

    run(test)


def test_buyers_at_the_same_time_share_what_there_is(snippet: ModuleType, run: Run) -> None:
    async def test(client: Redis) -> None:
        await client.set("stock:tea", 3)
        buyers = (snippet.reserve(client, "tea", 1, str(number)) for number in range(5))
        assert sorted(await asyncio.gather(*buyers)) == [False, False, True, True, True]
        assert await client.get("stock:tea") == "0"
        assert len(await client.keys("order:*")) == 3

    run(test)


def test_conflict_is_tried_again_with_the_new_stock(
    snippet: ModuleType, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(client: Redis) -> None:
        await client.set("stock:tea", 5)
        disturbed(client, 4, monkeypatch)
        assert await snippet.reserve(client, "tea", 1, "17")
        assert Disturbed.read == 5
        assert await client.get("stock:tea") == "8"

    run(test)


def test_fifth_conflict_is_an_error(
    snippet: ModuleType, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(client: Redis) -> None:
        await client.set("stock:tea", 5)
        disturbed(client, 9, monkeypatch)
        with pytest.raises(snippet.ConflictError):
            await snippet.reserve(client, "tea", 1, "17")
        assert Disturbed.read == 5
        assert not await client.exists("order:17")

    run(test)


def test_silent_server_is_given_up_after_three_tries(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections: list[float] = []

    async def test() -> None:
        closing = asyncio.Event()

        async def be_silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connections.append(time.monotonic())
            await closing.wait()
            writer.close()

        async with await asyncio.start_server(be_silent, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            monkeypatch.setenv("REDIS_URL", f"redis://127.0.0.1:{port}")
            client = snippet.new_client()
            start = time.monotonic()
            with pytest.raises(RedisTimeoutError):
                await client.get("stock:tea")
            assert 1.4 < time.monotonic() - start < 20  # a minute by default
            closing.set()
            await client.aclose()

    asyncio.run(test())
    assert len(connections) == 3


def test_address_that_does_not_answer_is_given_up(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    client = snippet.new_client()
    kwargs = client.connection_pool.connection_kwargs
    assert (kwargs["socket_connect_timeout"], kwargs["socket_timeout"]) == (0.5, 0.5)
    assert kwargs["decode_responses"] is True


def test_killed_connection_is_replaced_without_the_caller_noticing(
    snippet: ModuleType, run: Run
) -> None:
    async def test(client: Redis) -> None:
        await client.set("stock:tea", 5)
        async with Redis.from_url(str(snippet.os.environ["REDIS_URL"])) as other:
            assert await other.client_kill_filter(_id=str(await client.client_id())) == 1
        assert await client.get("stock:tea") == "5"

    run(test)


def test_failing_command_undoes_nothing_of_its_transaction(run: Run) -> None:
    async def test(client: Redis) -> None:
        await client.set("stock:tea", "5")
        async with client.pipeline(transaction=True) as pipe:
            pipe.decr("stock:tea")
            pipe.rpush("stock:tea", "wrong type")
            pipe.set("after", "ran")
            with pytest.raises(ResponseError, match="WRONGTYPE"):
                await pipe.execute()
        assert await client.mget("stock:tea", "after") == ["4", "ran"]

    run(test)


def test_blocking_command_longer_than_the_timeout_fails(snippet: ModuleType, run: Run) -> None:
    async def test(client: Redis) -> None:
        with pytest.raises(RedisTimeoutError):
            await client.blpop(["queue"], timeout=2)

    run(test)
