"""A transfer happens wholly or not at all, and the pool outlives connections that are killed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from types import ModuleType

import asyncpg
import pytest

TABLES = """
    CREATE TABLE accounts (id bigint PRIMARY KEY, cents bigint NOT NULL);
    CREATE TABLE transfers (
        id bigserial PRIMARY KEY, source bigint REFERENCES accounts,
        target bigint REFERENCES accounts, cents bigint, details jsonb
    );
    INSERT INTO accounts VALUES (1, 1000), (2, 1000);
"""
BALANCES = "SELECT cents FROM accounts ORDER BY id"
KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
BLOCKED = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND wait_event_type = 'Lock'"
)

Run = Callable[[Callable[[asyncpg.Pool], Awaitable[None]]], None]


@pytest.fixture
def run(snippet: ModuleType, postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give what runs a test with the snippet's pool, its tables made."""
    monkeypatch.setenv("DATABASE_URL", postgresql_url)

    def run_with_pool(test: Callable[[asyncpg.Pool], Awaitable[None]]) -> None:
        async def limited() -> None:
            async with asyncio.timeout(60), snippet.open_pool() as pool:
                await pool.execute(TABLES)
                await test(pool)

        asyncio.run(limited())

    return run_with_pool


async def kill_all(pool: asyncpg.Pool, killer: asyncpg.Connection) -> None:
    """End the pool's connections; return once it has read that from all of them."""
    open_ones = [holder._con for holder in pool._holders if holder._con is not None]
    await killer.execute(KILL)
    while not all(connection.is_closed() for connection in open_ones):  # noqa: ASYNC110
        await asyncio.sleep(0.01)  # there is no event for it


async def balances(pool: asyncpg.Pool) -> list[int]:
    return [row["cents"] for row in await pool.fetch(BALANCES)]


def test_transfer_moves_the_money_and_keeps_its_details(snippet: ModuleType, run: Run) -> None:
    async def test(pool: asyncpg.Pool) -> None:
        number = await snippet.transfer(pool, 1, 2, 1000, {"for": "rent"})
        await snippet.transfer(pool, 2, 1, 1, {})
        assert await balances(pool) == [1, 1999]
        (large,) = await snippet.large_transfers(pool, 1000)
        assert dict(large) == {"id": number, "cents": 1000, "details": {"for": "rent"}}
        assert await pool.fetchval("SELECT jsonb_typeof(details) FROM transfers") == "object"

    run(test)


@pytest.mark.parametrize("cents", [1001, 5000])
def test_account_is_never_overdrawn(snippet: ModuleType, run: Run, cents: int) -> None:
    async def test(pool: asyncpg.Pool) -> None:
        with pytest.raises(snippet.InsufficientFundsError):
            await snippet.transfer(pool, 1, 2, cents, {})
        assert await balances(pool) == [1000, 1000]

    run(test)


def test_failure_after_the_debit_undoes_it(snippet: ModuleType, run: Run) -> None:
    async def test(pool: asyncpg.Pool) -> None:
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await snippet.transfer(pool, 1, 99, 10, {})  # no such account
        assert await balances(pool) == [1000, 1000]
        assert await snippet.large_transfers(pool, 0) == []

    run(test)


def test_opposite_transfers_do_not_deadlock(snippet: ModuleType, run: Run) -> None:
    async def test(pool: asyncpg.Pool) -> None:
        async with AsyncExitStack() as stack:
            for _ in range(10):  # opened without the snippet's time limit
                await stack.enter_async_context(pool.acquire())
        for _ in range(4):
            pairs = [(1, 2), (2, 1)] * 5
            await asyncio.gather(*(snippet.transfer(pool, *pair, 1, {}) for pair in pairs))
        assert await balances(pool) == [1000, 1000]
        assert len(await snippet.large_transfers(pool, 1)) == 40

    run(test)


def test_rows_are_locked_in_the_order_of_their_ids(snippet: ModuleType, run: Run) -> None:
    async def test(pool: asyncpg.Pool) -> None:
        async with pool.acquire() as other, other.transaction():
            await other.execute("SELECT FROM accounts WHERE id = 1 FOR UPDATE")
            waiting = asyncio.create_task(snippet.transfer(pool, 2, 1, 1, {}))
            while not await pool.fetchval(BLOCKED):
                pass
            # It waits for account 1 and holds nothing of account 2 yet.
            await other.execute("SELECT FROM accounts WHERE id = 2 FOR UPDATE NOWAIT")
        await waiting

    run(test)


def test_killed_transaction_leaves_nothing(
    snippet: ModuleType, run: Run, postgresql_url: str
) -> None:
    async def test(pool: asyncpg.Pool) -> None:
        killer = await asyncpg.connect(postgresql_url)
        async with asyncio.TaskGroup() as group:
            await killer.execute("BEGIN; SELECT FROM accounts WHERE id = 2 FOR UPDATE")

            async def killed() -> None:
                with pytest.raises(asyncpg.InterfaceError) as broken:
                    await snippet.transfer(pool, 1, 2, 10, {})

                assert isinstance(broken.value.__context__, asyncpg.PostgresConnectionError)

            group.create_task(killed())
            while not await pool.fetchval(BLOCKED):
                pass
            await kill_all(pool, killer)
        await killer.execute("ROLLBACK")
        await killer.close()
        assert await balances(pool) == [1000, 1000]
        await snippet.transfer(pool, 1, 2, 10, {})
        assert await balances(pool) == [990, 1010]

    run(test)


def test_idle_connections_that_were_killed_are_replaced(
    snippet: ModuleType, run: Run, postgresql_url: str
) -> None:
    async def test(pool: asyncpg.Pool) -> None:
        assert (pool.get_size(), pool.get_min_size(), pool.get_max_size()) == (2, 2, 10)
        killer = await asyncpg.connect(postgresql_url)
        await kill_all(pool, killer)
        await killer.close()
        assert await balances(pool) == [1000, 1000]
        await snippet.transfer(pool, 1, 2, 10, {"after": "the restart"})
        (row,) = await snippet.large_transfers(pool, 10)
        assert row["details"] == {"after": "the restart"}  # the new connection has the codec

    run(test)


async def seconds_until_given_up(call: Awaitable[object]) -> float:
    start = time.monotonic()
    with pytest.raises(TimeoutError):
        await call
    return time.monotonic() - start


def test_slow_query_is_given_up_after_two_seconds(run: Run) -> None:
    async def test(pool: asyncpg.Pool) -> None:
        assert 1.9 < await seconds_until_given_up(pool.execute("SELECT pg_sleep(50)")) < 20
        async with pool.acquire() as connection:
            assert connection._config.command_timeout == 2
        assert await balances(pool) == [1000, 1000]

    run(test)


def test_exhausted_pool_is_given_up_after_a_second(
    snippet: ModuleType, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits: list[float] = []
    acquire = asyncpg.Pool.acquire

    def noting(pool: asyncpg.Pool, **options: float) -> object:
        limits.extend(options.values())
        return acquire(pool, **options)

    monkeypatch.setattr(asyncpg.Pool, "acquire", noting)

    async def test(pool: asyncpg.Pool) -> None:
        async with AsyncExitStack() as stack:
            for _ in range(10):
                await stack.enter_async_context(pool.acquire())
            waited = await seconds_until_given_up(snippet.transfer(pool, 1, 2, 1, {}))
        assert 0.9 < waited < 20
        assert limits == [1]
        await snippet.transfer(pool, 1, 2, 1, {})

    run(test)


def test_jsonb_is_text_without_the_codec(postgresql_url: str) -> None:
    async def test() -> None:
        connection = await asyncpg.connect(postgresql_url)
        assert await connection.fetchval("SELECT '{}'::jsonb") == "{}"
        with pytest.raises(asyncpg.DataError):
            await connection.execute("SELECT $1::jsonb", {"a": 1})
        with pytest.raises(asyncpg.DataError):
            await connection.execute("SELECT $1::bigint", "12")
        await connection.close()

    asyncio.run(test())
