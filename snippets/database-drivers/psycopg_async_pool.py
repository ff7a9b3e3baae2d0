import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from psycopg import AsyncConnection
from psycopg.rows import TupleRow, class_row
from psycopg_pool import AsyncConnectionPool

type Pool = AsyncConnectionPool[AsyncConnection[TupleRow]]


@dataclass(frozen=True, slots=True)
class Order:
    id: int
    customer: str
    total: Decimal
    placed_at: datetime


@asynccontextmanager
async def open_pool() -> AsyncIterator[Pool]:
    async with AsyncConnectionPool(
        os.environ["DATABASE_URL"],
        kwargs={"options": "-c statement_timeout=2s"},
        min_size=2,
        max_size=10,
        timeout=5,  # for a free connection; then PoolTimeout
        max_waiting=20,  # beyond that TooManyRequests at once
        check=AsyncConnectionPool.check_connection,
    ) as pool:
        await pool.wait(timeout=3)  # a wrong address fails the start, not the first request
        yield pool


async def place_order(pool: Pool, customer: str, lines: Sequence[tuple[str, Decimal]]) -> Order:
    async with pool.connection() as connection:  # commits at its end, rolls back on an exception
        cursor = connection.cursor(row_factory=class_row(Order))
        await cursor.execute(
            "INSERT INTO orders (customer, total) VALUES (%s, %s) "
            "RETURNING id, customer, total, placed_at",
            [customer, sum(price for _, price in lines)],
        )
        order = await cursor.fetchone()
        assert order is not None
        await cursor.executemany(  # pipelined: no round trip for each
            "INSERT INTO order_lines (order_id, article, price) VALUES (%s, %s, %s)",
            [(order.id, article, price) for article, price in lines],
        )
        return order


async def find_order(pool: Pool, order_id: int) -> Order | None:
    async with pool.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(Order))
        await cursor.execute(
            "SELECT id, customer, total, placed_at FROM orders WHERE id = %s", [order_id]
        )
        return await cursor.fetchone()
