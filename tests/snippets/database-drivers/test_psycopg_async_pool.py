"""An order is stored wholly or not at all, in typed rows, and dead connections are noticed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import ModuleType
from typing import Any

import psycopg
import pytest
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

TABLES = """
    CREATE TABLE orders (
        id bigserial PRIMARY KEY, customer text NOT NULL, total numeric(12, 2) NOT NULL,
        placed_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE order_lines (
        order_id bigint NOT NULL REFERENCES orders, article text NOT NULL, price numeric(12, 2)
    )
"""
LINES = [("tea", Decimal("4.20")), ("bread", Decimal("3.10"))]
KILL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
Pool = AsyncConnectionPool[Any]
Run = Callable[[Callable[[Pool], Awaitable[None]]], None]


@pytest.fixture
def run(snippet: ModuleType, postgresql_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give what runs a test with the snippet's pool, its tables made."""
    monkeypatch.setenv("DATABASE_URL", postgresql_url)
    with psycopg.connect(postgresql_url) as connection:
        connection.execute(TABLES)

    def run_with_pool(test: Callable[[Pool], Awaitable[None]]) -> None:
        async def limited() -> None:
            async with asyncio.timeout(60), snippet.open_pool() as pool:
                await test(pool)

        asyncio.run(limited())

    return run_with_pool


def kill_all(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(KILL)


async def count(pool: Pool, table: str) -> int:
    async with pool.connection() as connection:
        cursor = await connection.execute(f"SELECT count(*) FROM {table}".encode())
        (number,) = await cursor.fetchone()
        return int(number)


def test_order_is_stored_with_its_lines_and_read_back_typed(snippet: ModuleType, run: Run) -> None:
    async def test(pool: Pool) -> None:
        placed = await snippet.place_order(pool, "Ada", LINES)
        assert placed == snippet.Order(placed.id, "Ada", Decimal("7.30"), placed.placed_at)
        assert abs(datetime.now(UTC) - placed.placed_at) < timedelta(minutes=1)
        assert await snippet.find_order(pool, placed.id) == placed
        assert await snippet.find_order(pool, placed.id + 1) is None
        assert await count(pool, "order_lines") == 2

    run(test)


def test_order_whose_lines_fail_is_not_stored(snippet: ModuleType, run: Run) -> None:
    async def test(pool: Pool) -> None:
        with pytest.raises(psycopg.errors.NumericValueOutOfRange):
            await snippet.place_order(pool, "Ada", [*LINES, ("gold", Decimal(10**11))])
        with pytest.raises(psycopg.errors.NotNullViolation):
            await snippet.place_order(pool, "Ada", [*LINES, (None, Decimal(1))])
        assert [await count(pool, name) for name in ("orders", "order_lines")] == [0, 0]

    run(test)


def test_pool_hands_out_no_dead_connection(
    snippet: ModuleType, run: Run, postgresql_url: str
) -> None:
    async def test(pool: Pool) -> None:
        assert (pool.min_size, pool.max_size, pool.max_waiting, pool.timeout) == (2, 10, 20, 5)
        assert pool.get_stats()["pool_size"] == 2
        pool.timeout = 30
        await asyncio.to_thread(kill_all, postgresql_url)
        start = time.monotonic()
        await snippet.place_order(pool, "Ada", LINES)
        assert time.monotonic() - start > 0.8  # it paused after the second dead one
        assert await count(pool, "orders") == 1

    run(test)


def test_time_limit_below_the_pause_fails_though_the_database_is_back(
    snippet: ModuleType, run: Run, postgresql_url: str
) -> None:
    async def test(pool: Pool) -> None:
        pool.timeout = 0.5
        await asyncio.to_thread(kill_all, postgresql_url)
        with pytest.raises(PoolTimeout):
            await snippet.find_order(pool, 1)

    run(test)


def test_dead_connection_is_handed_out_without_the_check(
    snippet: ModuleType, run: Run, postgresql_url: str
) -> None:
    async def test(pool: Pool) -> None:
        pool._check = None
        await asyncio.to_thread(kill_all, postgresql_url)
        with pytest.raises(psycopg.OperationalError):
            await snippet.place_order(pool, "Ada", LINES)

    run(test)


def test_exhausted_pool_makes_wait_for_a_while_and_no_more_than_twenty(
    snippet: ModuleType, run: Run
) -> None:
    async def test(pool: Pool) -> None:
        async with AsyncExitStack() as stack:
            for _ in range(10):
                await stack.enter_async_context(pool.connection(timeout=30))
            pool.timeout = 0.5
            waiting = [asyncio.create_task(snippet.find_order(pool, 1)) for _ in range(20)]
            start = time.monotonic()
            while pool.get_stats()["requests_waiting"] < 20:  # noqa: ASYNC110  # has no event
                await asyncio.sleep(0)
            with pytest.raises(TooManyRequests):
                await snippet.find_order(pool, 1)
            results = await asyncio.gather(*waiting, return_exceptions=True)
            assert {type(result) for result in results} == {PoolTimeout}
            assert time.monotonic() - start >= 0.5
        assert await snippet.find_order(pool, 1) is None

    run(test)


def test_slow_statement_is_cancelled_by_the_server(run: Run) -> None:
    async def test(pool: Pool) -> None:
        async with pool.connection() as connection:
            cursor = await connection.execute("SHOW statement_timeout")
            assert await cursor.fetchone() == ("2s",)
            with pytest.raises(psycopg.errors.QueryCanceled):
                await connection.execute("SET statement_timeout = 10; SELECT pg_sleep(9)")

    run(test)


def test_wrong_address_fails_the_start(
    snippet: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/orders")
    waited: list[float] = []
    wait = AsyncConnectionPool.wait

    async def shorter(pool: Pool, timeout: float) -> None:  # noqa: ASYNC109 - as the pool has it
        waited.append(timeout)
        await wait(pool, timeout / 10)

    monkeypatch.setattr(AsyncConnectionPool, "wait", shorter)

    async def test() -> None:
        async with snippet.open_pool():
            pass

    with pytest.raises(PoolTimeout):
        asyncio.run(test())
    assert waited == [3]


def test_row_must_have_the_fields_of_the_class(snippet: ModuleType, run: Run) -> None:
    async def test(pool: Pool) -> None:
        await snippet.place_order(pool, "Ada", LINES)
        async with pool.connection() as connection:
            await connection.execute("ALTER TABLE orders ADD note text")
            cursor = connection.cursor(row_factory=snippet.class_row(snippet.Order))
            await cursor.execute("SELECT * FROM orders")
            with pytest.raises(TypeError, match="note"):
                await cursor.fetchone()

    run(test)
