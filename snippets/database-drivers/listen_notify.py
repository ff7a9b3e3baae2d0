import asyncio
import logging
import os
from collections.abc import Awaitable, Callable

from psycopg import AsyncConnection, OperationalError

logger = logging.getLogger(__name__)

POLL = 30.0  # seconds until it looks without having been called
PAUSE = 1.0


async def publish(connection: AsyncConnection, event: str) -> None:
    # In the caller's transaction: a rollback takes back the row and the call.
    await connection.execute("INSERT INTO events (body) VALUES (%s)", [event])
    await connection.execute("NOTIFY events")


async def take(connection: AsyncConnection, handle: Callable[[str], Awaitable[None]]) -> bool:
    async with connection.transaction():  # if the handler fails, the event stays
        cursor = await connection.execute("""
            DELETE FROM events WHERE id = (
                SELECT id FROM events ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
            ) RETURNING body
        """)
        if (row := await cursor.fetchone()) is None:
            return False
        await handle(row[0])
        return True


async def listen(handle: Callable[[str], Awaitable[None]]) -> None:
    while True:
        try:
            async with await AsyncConnection.connect(
                os.environ["DATABASE_URL"], autocommit=True
            ) as connection:
                await connection.execute("LISTEN events")  # first, or a gap opens before the look
                while True:
                    while await take(connection, handle):
                        pass
                    async for _ in connection.notifies(timeout=POLL, stop_after=1):
                        pass
        except OperationalError as error:
            logger.warning("Lost the database, trying again: %s", error)
            await asyncio.sleep(PAUSE)
