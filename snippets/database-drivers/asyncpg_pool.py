import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg


class InsufficientFundsError(Exception):
    pass


async def prepare(connection: asyncpg.Connection) -> None:
    await connection.set_type_codec(  # without it jsonb goes in and out as text
        "jsonb", schema="pg_catalog", encoder=json.dumps, decoder=json.loads
    )


@asynccontextmanager
async def open_pool() -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(
        os.environ["DATABASE_URL"],
        min_size=2,
        max_size=10,  # times the number of processes; PostgreSQL allows 100 in all
        command_timeout=2,
        init=prepare,
    ) as pool:
        yield pool


async def transfer(
    pool: asyncpg.Pool, source: int, target: int, cents: int, details: dict[str, str]
) -> int:
    async with pool.acquire(timeout=1) as connection, connection.transaction():
        # Always in the order of the ids: two opposite transfers wait and do not deadlock.
        await connection.execute(
            "SELECT FROM accounts WHERE id = ANY($1) ORDER BY id FOR UPDATE", [source, target]
        )
        debited = await connection.fetchval(
            "UPDATE accounts SET cents = cents - $1 WHERE id = $2 AND cents >= $1 RETURNING id",
            cents,
            source,
        )
        if debited is None:
            raise InsufficientFundsError(source)
        await connection.execute(
            "UPDATE accounts SET cents = cents + $1 WHERE id = $2", cents, target
        )
        return await connection.fetchval(
            "INSERT INTO transfers (source, target, cents, details) VALUES ($1, $2, $3, $4) "
            "RETURNING id",
            source,
            target,
            cents,
            details,
        )


async def large_transfers(pool: asyncpg.Pool, cents: int) -> list[asyncpg.Record]:
    return await pool.fetch(
        "SELECT id, cents, details FROM transfers WHERE cents >= $1 ORDER BY id", cents
    )
